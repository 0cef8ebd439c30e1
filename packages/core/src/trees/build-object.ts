import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'

/** V8 keeps objects with more keys in dictionary mode, however they are built. */
const MAX_FAST_KEYS = 1_000

/**
 * Builds an object from keys and values, by `Object.fromEntries` where possible: with it, V8 uses one hidden class with
 * fast properties for the same keys in the same order. Assigning key by key falls back to dictionary mode above a dozen
 * keys. An object with many keys is built with pauses.
 *
 * @param alike an object that may have the same keys in the same order: a copy of it has its hidden class, and takes a
 *   third of the time
 */
export function* buildObject(
  keys: readonly string[],
  values: readonly unknown[],
  alike?: Record<string, unknown>,
): Walk<Record<string, unknown>> {
  if (keys.length <= MAX_FAST_KEYS) {
    const known = alike && valuesIf(alike, keys)
    if (known && !Object.hasOwn(alike, '__proto__')) return copyWith(alike, keys, known, values)
    return Object.fromEntries(keys.map((key, index) => [key, values[index]]))
  }
  const object: Record<string, unknown> = {}
  const steps = new Steps()
  for (const [index, key] of keys.entries()) {
    const value = values[index]
    // An assignment to this name would set the prototype.
    if (key === '__proto__') Object.defineProperty(object, key, { value, ...PLAIN })
    else object[key] = value
    if (steps.isPauseDue()) yield
  }
  return object
}

/** @param known the values of `object` */
function copyWith(
  object: Record<string, unknown>,
  keys: readonly string[],
  known: readonly unknown[],
  values: readonly unknown[],
): Record<string, unknown> {
  const copy = Object.assign({}, object)
  for (let index = 0; index < keys.length; index++) {
    const value = values[index]
    if (!Object.is(value, known[index])) copy[keys[index] as string] = value
  }
  return copy
}

const PLAIN = { enumerable: true, writable: true, configurable: true }

/**
 * Returns the values of an object, of which these are the keys. Reading all values at once takes a fraction of the time of
 * reading each, but in dictionary mode several times as long.
 */
export function valuesOf(object: Record<string, unknown>, keys: readonly string[]): unknown[] {
  return keys.length <= MAX_FAST_KEYS ? Object.values(object) : keys.map((key) => object[key])
}

/** Returns the values of an object that has exactly these keys in this order, else `undefined`. */
export function valuesIf(object: Record<string, unknown>, keys: readonly unknown[]): unknown[] | undefined {
  const own = Object.keys(object)
  return isArrayOf(own, keys) ? valuesOf(object, own) : undefined
}

/** Tells whether an object has exactly these keys, in any order, with these values. */
export function isObjectOf(
  object: Record<string, unknown>,
  keys: readonly string[],
  values: readonly unknown[],
): boolean {
  const known = valuesIf(object, keys)
  if (known) return isArrayOf(known, values)
  return (
    Object.keys(object).length === keys.length &&
    keys.every((key, index) => Object.hasOwn(object, key) && Object.is(object[key], values[index]))
  )
}

/** Tells whether an array has exactly these items. */
export function isArrayOf(array: readonly unknown[], items: readonly unknown[]): boolean {
  if (array.length !== items.length) return false
  for (let index = 0; index < items.length; index++) if (!Object.is(array[index], items[index])) return false
  return true
}
