import { isObjectOf, objectOf } from './build-object.js'
import { formatPath, ownAt, valueAt } from './path.js'
import type { PathSegment } from './path.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'

/** Configuration before it is validated: plain objects, arrays and values. */
export type Tree = Record<string, unknown>

/** Deep enough for any configuration, shallow enough for every recursion that follows. */
export const MAX_DEPTH = 100

const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** More than any configuration needs. Aliases, and parts that are shared in a program, make any number of few. */
export const MAX_VALUES = 1_000_000

const TOO_DEEP = `nests deeper than ${MAX_DEPTH} levels`

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

/** @param path of the object that has the key */
export function refuseKey(key: string, path: readonly PathSegment[]): void {
  if (REFUSED_KEYS.has(key)) throw new TreeError([...path, key], `the key "${key}" is not allowed`)
}

/**
 * Checks what a schema gave, which may have keys of any name, before anything walks it freely.
 *
 * @param known what was checked before: parts of it are not looked into again
 * @param isObject what is looked into; default: plain objects
 * @throws {TreeError} for nesting beyond {@link MAX_DEPTH} (so also for a cycle), for too many values
 */
export function* checkBounds(
  value: unknown,
  known?: unknown,
  isObject: (value: unknown) => value is Tree = isPlainObject,
  bounds: Bounds = new Bounds(MAX_VALUES),
): Walk<void> {
  const { path, steps } = bounds
  const isArray = Array.isArray(value)
  if (!isArray && !isObject(value)) return
  const segments = isArray ? Array.from(value.keys()) : Object.keys(value)
  bounds.enter(segments.length)
  for (const segment of segments) {
    const below = (value as Tree)[segment]
    const before = isBranch(below) ? ownAt(known, segment) : below
    if (below !== before || !isSettled(below)) {
      path.push(segment)
      yield* checkBounds(below, before, isObject, bounds)
      path.pop()
    }
    if (steps.isPauseDue()) yield
  }
}

/** Where a walk is, and how far it may go. */
export class Bounds {
  readonly path: PathSegment[] = []
  readonly steps: Steps = new Steps()
  #valuesLeft: number

  constructor(maxValues: number) {
    this.#valuesLeft = maxValues
  }

  /** Goes into an object or array of so many values. */
  enter(values: number): void {
    if (this.path.length >= MAX_DEPTH) throw new TreeError(this.path.slice(0, 3), TOO_DEEP)
    this.#valuesLeft -= values
    if (this.#valuesLeft < 0) throw new TreeError([], 'holds too many values, or the same ones again and again')
  }
}

/**
 * Sets a value below `tree`, making the objects on the way.
 *
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH}, or where a value already stands on the way
 */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  checkPath(path)
  let parent = tree
  path.forEach((key, index) => {
    const isLast = index === path.length - 1
    const existing = Object.hasOwn(parent, key) ? parent[key] : undefined
    if (existing !== undefined && isPlainObject(existing) !== (!isLast || isPlainObject(value))) {
      throw new TreeError(path.slice(0, index + 1), 'is given a value, but keys below it are given too')
    }
    if (isLast) parent[key] = value
    else if (existing === undefined) parent = parent[key] = {}
    else parent = existing as Tree
  })
}

/**
 * A tree that holds one value, which was taken over.
 *
 * @param previous what it was before, which it is again when it held the same
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH}
 */
export function nest(path: readonly string[], value: unknown, previous?: unknown): unknown {
  checkPath(path)
  if (previous !== undefined && isSettled(value) && Object.is(valueAt(previous, path), value)) return previous
  return path.reduceRight((below, key) => Object.freeze(Object.fromEntries([[key, below]])), value)
}

function checkPath(path: readonly string[]): void {
  if (path.length > MAX_DEPTH) throw new TreeError(path.slice(0, 3), TOO_DEEP)
  path.forEach((key, index) => refuseKey(key, path.slice(0, index)))
}

/**
 * Merges trees that were taken over, later over earlier: objects deeply, everything else replaces. What only one of them
 * gives is in the result as it is.
 *
 * @param previous what was merged before: parts that did not change are those of it
 */
export function* merge(values: readonly unknown[], previous?: unknown, steps: Steps = new Steps()): Walk<unknown> {
  const objects = values.slice(values.findLastIndex((value) => !isPlainObject(value)) + 1) as Tree[]
  if (objects.length <= 1) return values.at(-1)
  const byKey = new Map<string, unknown[]>()
  for (const object of objects) {
    for (const key of Object.keys(object)) {
      const given = byKey.get(key)
      if (given) given.push(object[key])
      else byKey.set(key, [object[key]])
      if (steps.isPauseDue()) yield
    }
  }
  const before = isPlainObject(previous) ? previous : undefined
  const keys = Array.from(byKey.keys()).sort()
  const merged: unknown[] = []
  for (const key of keys) {
    merged.push(yield* merge(byKey.get(key) ?? [], before && ownAt(before, key), steps))
    if (steps.isPauseDue()) yield
  }
  return before && isObjectOf(before, keys, merged) ? before : Object.freeze(yield* objectOf(keys, merged))
}

/** A copy that belongs to who gets it. */
export function* thaw(value: unknown, steps: Steps = new Steps()): Walk<unknown> {
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value as unknown[]) {
      items.push(isBranch(item) ? yield* thaw(item, steps) : item)
      if (steps.isPauseDue()) yield
    }
    return items
  }
  if (!isPlainObject(value)) return value
  const keys = Object.keys(value)
  const values: unknown[] = []
  for (const key of keys) {
    const below = value[key]
    values.push(isBranch(below) ? yield* thaw(below, steps) : below)
    if (steps.isPauseDue()) yield
  }
  return yield* objectOf(keys, values)
}
