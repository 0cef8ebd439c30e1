import { MAX_FAST_KEYS, buildLarge } from './large-object.js'
import { formatPath } from './paths.js'
import type { PathSegment } from './paths.js'
import { Steps } from './slices.js'
import type { Walk } from './slices.js'

/** Configuration before it is validated: plain objects, arrays and values. */
export type Tree = Record<string, unknown>

/** Deep enough for any configuration, shallow enough for every recursion that follows. */
export const MAX_DEPTH = 100

const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** More than any configuration needs. Aliases, and parts that are shared in a program, make any number of few. */
const MAX_VALUES = 1_000_000

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

function refuseKey(key: string, path: readonly PathSegment[]): void {
  if (REFUSED_KEYS.has(key)) throw new TreeError(path, `the key "${key}" is not allowed`)
}

/**
 * Takes a value over from a parser or a program, in the one form that snapshots have: copied, frozen, with the keys of
 * every object in the order of their names and without those that have no value. The same content always has the same
 * shape then, and what did not change can go from update to update without another copy.
 *
 * @param maxValues how many values it may hold, at most {@link MAX_VALUES}
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH} (so also for a cycle), for too many values
 */
export function* takeOver(value: unknown, maxValues: number = MAX_VALUES, bounds?: Bounds): Walk<unknown> {
  const { path, steps } = (bounds ??= new Bounds(Math.min(maxValues, MAX_VALUES)))
  bounds.count()
  if (Array.isArray(value)) {
    bounds.checkDepth()
    const items: unknown[] = []
    for (const [index, item] of value.entries() as Iterable<[number, unknown]>) {
      path.push(index)
      if (isBranch(item)) items.push(yield* takeOver(item, maxValues, bounds))
      else {
        bounds.count()
        items.push(item)
      }
      path.pop()
      if (steps.isPauseDue()) yield
    }
    return Object.freeze(items)
  }
  if (!isPlainObject(value)) return value
  bounds.checkDepth()
  const entries: [string, unknown][] = []
  for (const key of sorted(Object.keys(value))) {
    path.push(key)
    refuseKey(key, path)
    const below = value[key]
    if (isBranch(below)) entries.push([key, yield* takeOver(below, maxValues, bounds)])
    else {
      bounds.count()
      if (below !== undefined) entries.push([key, below])
    }
    path.pop()
    if (steps.isPauseDue()) yield
  }
  return Object.freeze(entries.length > MAX_FAST_KEYS ? yield* buildLarge(entries) : Object.fromEntries(entries))
}

/** Most keys come in order, and looking takes a third of the time that sorting does. */
function sorted(keys: string[]): string[] {
  return keys.every((key, index) => index === 0 || (keys[index - 1] as string) < key) ? keys : keys.sort()
}

/**
 * Checks what a schema gave, which may have keys of any name, before anything walks it freely.
 *
 * @param isObject what is looked into; default: plain objects
 * @throws {TreeError} for nesting beyond {@link MAX_DEPTH} (so also for a cycle), for too many values
 */
export function* checkBounds(
  value: unknown,
  isObject: (value: unknown) => value is Tree = isPlainObject,
  bounds: Bounds = new Bounds(MAX_VALUES),
): Walk<void> {
  const { path, steps } = bounds
  bounds.count()
  const isArray = Array.isArray(value)
  if (!isArray && !isObject(value)) return
  bounds.checkDepth()
  for (const segment of isArray ? value.keys() : Object.keys(value)) {
    path.push(segment)
    const below = (value as Tree)[segment]
    if (isBranch(below)) yield* checkBounds(below, isObject, bounds)
    else bounds.count()
    path.pop()
    if (steps.isPauseDue()) yield
  }
}

/** Where a walk is, and how far it may go. */
class Bounds {
  readonly path: PathSegment[] = []
  readonly steps: Steps = new Steps()
  #valuesLeft: number

  constructor(maxValues: number) {
    this.#valuesLeft = maxValues
  }

  count(): void {
    if (--this.#valuesLeft < 0) throw new TreeError([], 'holds too many values, or the same ones again and again')
  }

  checkDepth(): void {
    if (this.path.length >= MAX_DEPTH) throw new TreeError(this.path.slice(0, 3), TOO_DEEP)
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
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH}
 */
export function nest(path: readonly string[], value: unknown): unknown {
  checkPath(path)
  return path.reduceRight((below, key) => Object.freeze(Object.fromEntries([[key, below]])), value)
}

function checkPath(path: readonly string[]): void {
  if (path.length > MAX_DEPTH) throw new TreeError(path.slice(0, 3), TOO_DEEP)
  path.forEach((key, index) => refuseKey(key, path.slice(0, index + 1)))
}

/**
 * Merges trees that were taken over, later over earlier: objects deeply, everything else replaces. What only one of them
 * gives is in the result as it is.
 */
export function* merge(values: readonly unknown[], steps: Steps = new Steps()): Walk<unknown> {
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
  const entries: [string, unknown][] = []
  for (const key of Array.from(byKey.keys()).sort()) {
    entries.push([key, yield* merge(byKey.get(key) ?? [], steps)])
    if (steps.isPauseDue()) yield
  }
  return Object.freeze(entries.length > MAX_FAST_KEYS ? yield* buildLarge(entries) : Object.fromEntries(entries))
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
  const entries: [string, unknown][] = []
  for (const key of Object.keys(value)) {
    entries.push([key, isBranch(value[key]) ? yield* thaw(value[key], steps) : value[key]])
    if (steps.isPauseDue()) yield
  }
  return entries.length > MAX_FAST_KEYS ? yield* buildLarge(entries) : Object.fromEntries(entries)
}
