import { formatPath } from './path.js'
import type { PathSegment } from './path.js'

/** Configuration before it is validated: plain objects, arrays and values. */
export type Tree = Record<string, unknown>

/** Something in a tree is not allowed, with its path. */
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
  return prototype === Object.prototype || prototype === null || isForeignPrototype(prototype as object)
}

/**
 * Whether it is `Object.prototype` of another realm. Jest runs tests in one of their own: there, what `structuredClone()`,
 * `fetch()` or a worker returns comes from outside.
 */
function isForeignPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** Tells whether a value may have values below it. */
export function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Tells whether an object is an instance of a class, which may have been mutated in place. */
export function isInstance(value: object): boolean {
  return !Array.isArray(value) && !isPlainObject(value)
}

/** Tells whether a part of a frozen tree is the one before, with the same content. */
export function isUnchanged(value: unknown, before: unknown): boolean {
  return Object.is(value, before) && !(isBranch(value) && isInstance(value))
}

/** Tells whether a value can't be mutated in place: a primitive value, or a frozen plain object or array. */
export function isSettled(value: unknown): boolean {
  return !isBranch(value) || (Object.isFrozen(value) && !isInstance(value))
}

/**
 * Whether a tree contains any value. What a template renders without its values does not count: `null` and `{}`, and in
 * a flat file empty texts.
 */
export function holdsValues(tree: unknown, isFlat: boolean): boolean {
  // An empty list is a value. A list of nothing is what a template renders without its items.
  const isList = Array.isArray(tree) && tree.length > 0
  if (isList || isPlainObject(tree)) return Object.values(tree).some((below) => holdsValues(below, isFlat))
  return tree !== undefined && tree !== null && !(isFlat && tree === '')
}
