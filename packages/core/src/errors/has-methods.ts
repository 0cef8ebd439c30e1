import { propertyOf } from './thrown.js'

/** Whether an object or a function has all these methods. `instanceof` fails for another copy of a class. */
export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  return methods.every((method) => typeof propertyOf(value, method) === 'function')
}
