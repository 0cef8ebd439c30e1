import { isDeepStrictEqual } from 'node:util'

import { MAX_DEPTH, TreeError, isPlainObject } from './tree.js'

/**
 * The frozen form of `next` that keeps every part of `previous` that did not change, `previous` itself when nothing
 * did. Plain objects and arrays are copied, never frozen in place; other objects (dates, class instances) are kept.
 *
 * Objects are made by `Object.fromEntries`: V8 gives the same keys in the same order the same hidden class that way,
 * with fast properties up to about 1,000 keys. Assigning key by key falls back to a dictionary above a dozen. Arrays are
 * made by `push`: those that `map` gives change their hidden class once it is optimized.
 *
 * @throws {TreeError} when `next` nests too deep or holds a cycle
 */
export function share(previous: unknown, next: unknown, depth = 0): unknown {
  if (Object.is(previous, next)) return previous
  if (depth > MAX_DEPTH) throw new TreeError([], `the schema gave a value that nests deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(next)) {
    const before: readonly unknown[] = Array.isArray(previous) ? previous : []
    const items: unknown[] = []
    for (const [index, item] of next.entries()) items.push(share(before[index], item, depth + 1))
    const same =
      previous === before &&
      items.length === before.length &&
      items.every((item, index) => Object.is(item, before[index]))
    return same ? previous : Object.freeze(items)
  }
  if (isPlainObject(next)) {
    const before = isPlainObject(previous) ? previous : {}
    const keys = Object.keys(next)
    const entries = keys.map((key): [string, unknown] => [
      key,
      share(Object.hasOwn(before, key) ? before[key] : undefined, next[key], depth + 1),
    ])
    const same =
      previous === before &&
      keys.length === Object.keys(before).length &&
      entries.every(([key, value]) => Object.hasOwn(before, key) && Object.is(before[key], value))
    return same ? previous : Object.freeze(Object.fromEntries(entries))
  }
  return isSame(previous, next) ? previous : next
}

/** What is too deep to compare counts as changed. */
function isSame(previous: unknown, next: unknown): boolean {
  try {
    return isDeepStrictEqual(previous, next)
  } catch {
    return false
  }
}
