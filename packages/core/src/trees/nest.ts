import { valueAt } from './path.js'
import type { PathSegment } from './path.js'
import type { Tree } from './tree.js'
import { MAX_DEPTH, TOO_DEEP } from './bounds.js'
import { TreeError, isPlainObject, isSettled } from './tree.js'

/** The message when a place has both a value and keys below it: a tree can hold only one of them. */
export const KEYS_BELOW = 'is given a value, but keys below it are given too'

const REJECTED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** @param path the path of the object that has the key */
export function rejectKey(key: string, path: readonly PathSegment[]): void {
  if (REJECTED_KEYS.has(key)) throw new TreeError([...path, key], `the key "${key}" is not allowed`)
}

/**
 * Sets a value in `tree`, and creates the objects on the path.
 *
 * @throws {TreeError} for a key that is not allowed, for nesting beyond {@link MAX_DEPTH}, or where the path leads
 *   through a value
 */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  checkPath(path)
  let parent = tree
  path.forEach((key, index) => {
    const isLast = index === path.length - 1
    const existing = Object.hasOwn(parent, key) ? parent[key] : undefined
    if (existing !== undefined && isPlainObject(existing) !== (!isLast || isPlainObject(value))) {
      throw new TreeError(path.slice(0, index + 1), KEYS_BELOW)
    }
    if (isLast) parent[key] = value
    else if (existing === undefined) parent = parent[key] = {}
    else parent = existing as Tree
  })
}

/**
 * Returns a tree with one canonical value at a path.
 *
 * @param previous the tree before, which is returned when it has the same value there
 * @throws {TreeError} for a key that is not allowed, for nesting beyond {@link MAX_DEPTH}
 */
export function nest(path: readonly string[], value: unknown, previous?: unknown): unknown {
  checkPath(path)
  if (previous !== undefined && isSettled(value) && Object.is(valueAt(previous, path), value)) return previous
  return path.reduceRight((below, key) => Object.freeze(Object.fromEntries([[key, below]])), value)
}

function checkPath(path: readonly string[]): void {
  if (path.length > MAX_DEPTH) throw new TreeError(path.slice(0, 3), TOO_DEEP)
  path.forEach((key, index) => rejectKey(key, path.slice(0, index)))
}
