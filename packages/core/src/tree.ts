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
 * Checks a parsed tree before anything walks it freely.
 *
 * @param maxValues how many values it may hold, at most {@link MAX_VALUES}
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH} (so also for a cycle), for too many values
 */
export function checkTree(root: unknown, maxValues: number = MAX_VALUES): Walk<void> {
  return check(root, new Check(Math.min(maxValues, MAX_VALUES), isPlainObject, refuseKey))
}

/**
 * The same for what a schema gave, which may have keys of any name.
 *
 * @param isObject what is looked into; default: plain objects
 */
export function checkBounds(root: unknown, isObject: (value: unknown) => value is Tree = isPlainObject): Walk<void> {
  return check(root, new Check(MAX_VALUES, isObject))
}

/** Where a check is. */
class Check {
  readonly path: PathSegment[] = []
  readonly steps = new Steps()
  readonly isObject: (value: unknown) => value is Tree
  readonly visitKey: ((key: string, path: readonly PathSegment[]) => void) | undefined
  #valuesLeft: number

  constructor(maxValues: number, isObject: Check['isObject'], visitKey?: Check['visitKey']) {
    this.#valuesLeft = maxValues
    this.isObject = isObject
    this.visitKey = visitKey
  }

  count(): void {
    if (--this.#valuesLeft < 0) throw new TreeError([], 'holds too many values, or the same ones again and again')
  }
}

function* check(value: unknown, state: Check): Walk<void> {
  const { path, steps } = state
  state.count()
  const isArray = Array.isArray(value)
  if (!isArray && !state.isObject(value)) return
  if (path.length >= MAX_DEPTH) throw new TreeError(path.slice(0, 3), `nests deeper than ${MAX_DEPTH} levels`)
  for (const segment of isArray ? value.keys() : Object.keys(value)) {
    path.push(segment)
    if (typeof segment === 'string') state.visitKey?.(segment, path)
    const below = (value as Tree)[segment]
    if (isBranch(below)) yield* check(below, state)
    else state.count()
    path.pop()
    if (steps.isPauseDue()) yield
  }
}

/**
 * Sets a value below `tree`, making the objects on the way.
 *
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH}, or where a value already stands on the way
 */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  if (path.length > MAX_DEPTH) throw new TreeError(path.slice(0, 3), `nests deeper than ${MAX_DEPTH} levels`)
  let parent = tree
  path.forEach((key, index) => {
    const here = path.slice(0, index + 1)
    refuseKey(key, here)
    const isLast = index === path.length - 1
    const existing = Object.hasOwn(parent, key) ? parent[key] : undefined
    if (existing !== undefined && isPlainObject(existing) !== (!isLast || isPlainObject(value))) {
      throw new TreeError(here, 'is given a value, but keys below it are given too')
    }
    if (isLast) parent[key] = value
    else if (existing === undefined) parent = parent[key] = {}
    else parent = existing as Tree
  })
}

/**
 * Merges values, later over earlier: objects deeply, everything else replaces, `undefined` is no value. The result is made anew, with the
 * keys of every object in the order of their names, so that the same content always has the same shape.
 */
export function* merge(values: readonly unknown[], steps: Steps = new Steps()): Walk<unknown> {
  const last = values.at(-1)
  if (Array.isArray(last)) {
    const items: unknown[] = []
    for (const item of last as unknown[]) {
      items.push(isBranch(item) ? yield* merge([item], steps) : item)
      if (steps.isPauseDue()) yield
    }
    return items
  }
  if (!isPlainObject(last)) return last
  const objects = values.slice(values.findLastIndex((value) => !isPlainObject(value)) + 1) as Tree[]
  const byKey = objects.length > 1 ? yield* valuesByKey(objects, steps) : undefined
  const keys = byKey ? Array.from(byKey.keys()) : Object.keys(last)
  const entries: [string, unknown][] = []
  for (const key of keys.sort()) {
    const value = byKey ? byKey.get(key)?.at(-1) : last[key]
    if (steps.isPauseDue()) yield
    if (value === undefined) continue
    entries.push([key, isBranch(value) ? yield* merge(byKey?.get(key) ?? [value], steps) : value])
  }
  return entries.length > MAX_FAST_KEYS ? yield* buildLarge(entries) : Object.fromEntries(entries)
}

/** What each key is given, in the order of the objects. */
function* valuesByKey(objects: readonly Tree[], steps: Steps): Walk<Map<string, unknown[]>> {
  const byKey = new Map<string, unknown[]>()
  for (const object of objects) {
    for (const key of Object.keys(object)) {
      const [value, given] = [object[key], byKey.get(key)]
      if (steps.isPauseDue()) yield
      if (value === undefined) continue
      if (given) given.push(value)
      else byKey.set(key, [value])
    }
  }
  return byKey
}
