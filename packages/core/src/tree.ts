import { buildObject } from './build-object.js'
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
  return walk(root, Math.min(maxValues, MAX_VALUES), isPlainObject, refuseKey)
}

/**
 * The same for what a schema gave, which may have keys of any name.
 *
 * @param isObject what is looked into; default: plain objects
 */
export function checkBounds(root: unknown, isObject: (value: unknown) => value is Tree = isPlainObject): Walk<void> {
  return walk(root, MAX_VALUES, isObject, () => undefined)
}

function* walk(
  root: unknown,
  maxValues: number,
  isObject: (value: unknown) => value is Tree,
  visitKey: (key: string, path: readonly PathSegment[]) => void,
): Walk<void> {
  const path: PathSegment[] = []
  const steps = new Steps()
  let values = 0
  const count = (): boolean => {
    if (++values > maxValues) throw new TreeError([], 'holds too many values, or the same ones again and again')
    return steps.isPauseDue()
  }
  function* visitBelow(value: readonly unknown[] | Tree): Walk<void> {
    if (path.length >= MAX_DEPTH) throw new TreeError(path.slice(0, 3), `nests deeper than ${MAX_DEPTH} levels`)
    const isArray = Array.isArray(value)
    const keys = isArray ? value.keys() : Object.keys(value)
    for (const segment of keys) {
      path.push(segment)
      if (typeof segment === 'string') visitKey(segment, path)
      const below: unknown = (value as Record<PathSegment, unknown>)[segment]
      if (count()) yield
      if (Array.isArray(below) || isObject(below)) yield* visitBelow(below)
      path.pop()
    }
  }
  if (count()) yield
  if (Array.isArray(root) || isObject(root)) yield* visitBelow(root)
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
  const entries: [string, unknown][] = []
  for (const key of Array.from(byKey.keys()).sort()) {
    const given = byKey.get(key) ?? []
    entries.push([key, isBranch(given.at(-1)) ? yield* merge(given, steps) : given.at(-1)])
    if (steps.isPauseDue()) yield
  }
  return yield* buildObject(entries)
}
