import { formatPath } from './paths.js'
import type { PathSegment } from './paths.js'

/** Configuration before it is validated: plain objects, arrays and values. */
export type Tree = Record<string, unknown>

/** Deep enough for any configuration, shallow enough for every recursion that follows. */
export const MAX_DEPTH = 100

const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Something in a tree that is refused, with its path. */
export class TreeError extends Error {
  readonly path: string

  constructor(path: readonly PathSegment[], message: string) {
    super(message)
    this.path = formatPath(path)
  }
}

export function isPlainObject(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

export function refuseKey(key: string, path: readonly PathSegment[]): void {
  if (REFUSED_KEYS.has(key)) throw new TreeError(path, `the key "${key}" is not allowed`)
}

/**
 * Checks a parsed tree before anything walks it freely.
 *
 * @param maxNodes how many values it may hold; aliases make a small document hold any number
 * @throws {TreeError} for a refused key, for nesting beyond {@link MAX_DEPTH} (so also for a cycle), for too many values
 */
export function checkTree(root: unknown, maxNodes: number = Infinity): void {
  const path: PathSegment[] = []
  let nodes = 0
  const visit = (value: unknown): void => {
    if (++nodes > maxNodes) throw new TreeError([], 'holds more values than its size allows: too many aliases')
    if (!Array.isArray(value) && !isPlainObject(value)) return
    if (path.length >= MAX_DEPTH) throw new TreeError(path.slice(0, 3), `nests deeper than ${MAX_DEPTH} levels`)
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        path.push(index)
        visit(value[index])
        path.pop()
      }
    } else {
      for (const key of Object.keys(value)) {
        path.push(key)
        refuseKey(key, path)
        visit(value[key])
        path.pop()
      }
    }
  }
  visit(root)
}

/**
 * Sets a value below `tree`, making the objects on the way.
 *
 * @throws {TreeError} for a refused key, or where a value already stands on the way or at the end
 */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let parent = tree
  path.forEach((key, index) => {
    const here = path.slice(0, index + 1)
    refuseKey(key, here)
    const last = index === path.length - 1
    const existing = Object.hasOwn(parent, key) ? parent[key] : undefined
    if (last && existing !== undefined && isPlainObject(existing)) {
      throw new TreeError(here, 'is given a value, but keys below it are given too')
    }
    if (last) {
      parent[key] = value
    } else if (existing === undefined) {
      parent = parent[key] = {}
    } else if (isPlainObject(existing)) {
      parent = existing
    } else {
      throw new TreeError(here, 'is given a value, but keys below it are given too')
    }
  })
}

/**
 * Merges values, later over earlier: objects deeply, everything else replaces. The result is made anew, with the
 * keys of every object in the order of their names, so that the same content always has the same shape.
 */
export function merge(values: readonly unknown[]): unknown {
  const last = values.at(-1)
  if (Array.isArray(last)) return last.map((item: unknown) => merge([item]))
  if (!isPlainObject(last)) return last
  const objects = values.slice(values.findLastIndex((value) => !isPlainObject(value)) + 1) as Tree[]
  const keys = objects.length === 1 ? Object.keys(last) : [...new Set(objects.flatMap(Object.keys))]
  return Object.fromEntries(
    keys
      .sort()
      .map((key) => [key, merge(objects.filter((object) => Object.hasOwn(object, key)).map((object) => object[key]))]),
  )
}
