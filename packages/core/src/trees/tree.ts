import { formatPath } from './path.js'
import type { PathSegment } from './path.js'

/** Configuration before it is validated: plain objects, arrays and values. */
export type Tree = Record<string, unknown>

/** Something in a tree that is refused, with its path. */
export class TreeError extends Error {
  readonly segments: readonly PathSegment[]

  constructor(path: readonly PathSegment[], message: string) {
    super(message)
    this.segments = [...path]
  }

  get path(): string {
    return formatPath(this.segments)
  }
}

export function isPlainObject(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether there may be something below. */
export function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether it can't change in place, as an instance of a class may: a primitive value, or part of what was taken over. */
export function isSettled(value: unknown): boolean {
  return !isBranch(value) || (Object.isFrozen(value) && (Array.isArray(value) || isPlainObject(value)))
}

/** Whether a tree holds a value anywhere. What a template renders without its values, such as `null` or `{}`, is none. */
export function holdsValues(tree: unknown): boolean {
  if (!isPlainObject(tree)) return tree !== undefined && tree !== null
  return Object.values(tree).some(holdsValues)
}
