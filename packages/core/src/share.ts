import { isDeepStrictEqual } from 'node:util'

import { MAX_FAST_KEYS, buildLarge } from './large-object.js'
import { Steps } from './slices.js'
import type { Walk } from './slices.js'
import { MAX_DEPTH, TreeError, isBranch, isPlainObject } from './tree.js'

/**
 * The frozen form of `next` that keeps every part of `previous` that did not change, `previous` itself when nothing
 * did. Plain objects and arrays are copied, never frozen in place; other objects (dates, class instances) are kept.
 *
 * Arrays are made by `push`: those that `map` gives change their hidden class once it is optimized.
 *
 * @throws {TreeError} when `next` nests too deep or holds a cycle
 */
export function* share(previous: unknown, next: unknown, steps: Steps = new Steps(), depth = 0): Walk<unknown> {
  if (Object.is(previous, next)) return previous
  if (depth > MAX_DEPTH) throw new TreeError([], `nests deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(next)) {
    const before: readonly unknown[] = Array.isArray(previous) ? previous : []
    const items: unknown[] = []
    let same = previous === before && next.length === before.length
    for (const [index, item] of next.entries()) {
      const shared = isBranch(item) ? yield* share(before[index], item, steps, depth + 1) : keep(before[index], item)
      items.push(shared)
      same &&= Object.is(shared, before[index])
      if (steps.isPauseDue()) yield
    }
    return same ? previous : Object.freeze(items)
  }
  if (isPlainObject(next)) {
    const before = isPlainObject(previous) ? previous : {}
    const keys = Object.keys(next)
    const entries: [string, unknown][] = []
    let same = previous === before && keys.length === Object.keys(before).length
    for (const key of keys) {
      const isKnown = Object.hasOwn(before, key)
      const [was, value] = [isKnown ? before[key] : undefined, next[key]]
      const shared = isBranch(value) ? yield* share(was, value, steps, depth + 1) : keep(was, value)
      entries.push([key, shared])
      same &&= isKnown && Object.is(shared, was)
      if (steps.isPauseDue()) yield
    }
    return same
      ? previous
      : Object.freeze(entries.length > MAX_FAST_KEYS ? yield* buildLarge(entries) : Object.fromEntries(entries))
  }
  return keep(previous, next)
}

function keep(previous: unknown, next: unknown): unknown {
  return isSame(previous, next) ? previous : next
}

/** What is too deep to compare counts as changed. */
function isSame(previous: unknown, next: unknown): boolean {
  if (!isBranch(previous) || !isBranch(next)) return Object.is(previous, next)
  try {
    return isDeepStrictEqual(previous, next)
  } catch {
    return false
  }
}
