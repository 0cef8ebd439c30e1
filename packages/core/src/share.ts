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
 * @param isOwn whether what is frozen in `next` was made here or taken over, and so needs no copy
 * @throws {TreeError} when `next` nests too deep or holds a cycle
 */
export function* share(
  previous: unknown,
  next: unknown,
  isOwn = false,
  steps: Steps = new Steps(),
  depth = 0,
): Walk<unknown> {
  if (Object.is(previous, next)) return previous
  if (depth > MAX_DEPTH) throw new TreeError([], `nests deeper than ${MAX_DEPTH} levels`)
  const isKept = isOwn && Object.isFrozen(next)
  if (Array.isArray(next)) {
    const before: readonly unknown[] | undefined = Array.isArray(previous) ? previous : undefined
    if (isKept && !before) return next
    const items: unknown[] = []
    let [isBefore, isNext] = [before?.length === next.length, isKept]
    for (const [index, item] of next.entries()) {
      const was = before?.[index]
      const shared = isBranch(item) ? yield* share(was, item, isOwn, steps, depth + 1) : item
      items.push(shared)
      isBefore &&= Object.is(shared, was)
      isNext &&= Object.is(shared, item)
      if (steps.isPauseDue()) yield
    }
    return isBefore ? previous : isNext ? next : Object.freeze(items)
  }
  if (isPlainObject(next)) {
    const before = isPlainObject(previous) ? previous : undefined
    if (isKept && !before) return next
    const entries: [string, unknown][] = []
    const keys = Object.keys(next)
    let [isBefore, isNext] = [before !== undefined && Object.keys(before).length === keys.length, isKept]
    for (const key of keys) {
      const value = next[key]
      const isKnown = before !== undefined && Object.hasOwn(before, key)
      const was = isKnown ? before[key] : undefined
      const shared = isBranch(value) ? yield* share(was, value, isOwn, steps, depth + 1) : value
      entries.push([key, shared])
      isBefore &&= isKnown && Object.is(shared, was)
      isNext &&= Object.is(shared, value)
      if (steps.isPauseDue()) yield
    }
    if (isBefore) return previous
    if (isNext) return next
    return Object.freeze(entries.length > MAX_FAST_KEYS ? yield* buildLarge(entries) : Object.fromEntries(entries))
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
