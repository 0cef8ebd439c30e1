import { isDeepStrictEqual } from 'node:util'

import { MAX_DEPTH } from './bounds.js'
import { isBranch, isPlainObject } from './tree.js'

/** Classes whose instances have no hidden state. */
const TRANSPARENT = new Set<unknown>(
  [Date, RegExp, URL, ArrayBuffer, SharedArrayBuffer].map(({ prototype }) => prototype),
)

/**
 * Tells whether two values have the same content. An instance of any other class may have hidden state, such as private
 * fields, so it equals only itself: otherwise a change of that state would never be served.
 */
export function isSame(left: unknown, right: unknown, depth = 0): boolean {
  if (Object.is(left, right)) return true
  // Values that are too deep to compare count as changed.
  if (!isBranch(left) || !isBranch(right) || depth > MAX_DEPTH) return false
  const below = (a: unknown, b: unknown): boolean => isSame(a, b, depth + 1)
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => below(item, right[index]))
  }
  if (isPlainObject(left) && isPlainObject(right)) {
    const keys = Object.keys(left)
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && below(left[key], right[key]))
    )
  }
  const prototype: unknown = Object.getPrototypeOf(left)
  if (prototype !== Object.getPrototypeOf(right)) return false
  if (prototype === Map.prototype || prototype === Set.prototype) {
    return below(Array.from(left as Iterable<unknown>), Array.from(right as Iterable<unknown>))
  }
  return (TRANSPARENT.has(prototype) || ArrayBuffer.isView(left)) && isDeepStrictEqual(left, right)
}
