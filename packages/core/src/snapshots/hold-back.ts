import { buildObject, isObjectOf } from '../trees/build-object.js'
import { formatPath, ownAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isSame } from '../trees/equal.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { isPlainObject } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'

/**
 * Keeps the running value at every path that can't change without a restart. When such a path is inside a list, or
 * inside an object that is added or removed as a whole, the whole list or object is kept: half of it would not be a
 * valid value.
 *
 * @param next shares its unchanged parts with `running`
 * @returns the value with these parts, and the paths at which it differs from `next`
 */
export function* holdBack(
  running: unknown,
  next: unknown,
  covers: (path: readonly PathSegment[]) => boolean,
): Walk<{ value: unknown; held: string[] }> {
  const held: string[] = []
  const steps = new Steps()

  /** Tells whether the two differ at a covered path. */
  function* touches(before: unknown, after: unknown, path: readonly PathSegment[]): Walk<boolean> {
    if (Object.is(before, after)) return false
    if (path.length > 0 && covers(path)) return !isSame(before, after)
    for (const segment of new Set([...segmentsOf(before), ...segmentsOf(after)])) {
      if (steps.isPauseDue()) yield
      if (yield* touches(ownAt(before, segment), ownAt(after, segment), [...path, segment])) return true
    }
    return false
  }

  function* visit(before: unknown, after: unknown, path: readonly PathSegment[]): Walk<unknown> {
    if (Object.is(before, after)) return after
    const isWalked = isPlainObject(before) && isPlainObject(after) && !(path.length > 0 && covers(path))
    if (!isWalked) {
      if (!(yield* touches(before, after, path))) return after
      held.push(formatPath(path))
      return before
    }
    const [keys, values]: [string[], unknown[]] = [[], []]
    for (const key of keysInOrder(before, after)) {
      if (steps.isPauseDue()) yield
      const value = yield* visit(ownAt(before, key), ownAt(after, key), [...path, key])
      // Skips keys that are missing on both sides.
      if (value !== undefined || (Object.hasOwn(after, key) && after[key] === undefined)) {
        keys.push(key)
        values.push(value)
      }
    }
    // without a kept value below, it is the same object: it may be one that the guard can bring back
    return isObjectOf(after, keys, values) ? after : yield* buildObject(keys, values)
  }
  return { value: yield* visit(running, next, []), held }
}

function segmentsOf(value: unknown): PathSegment[] {
  if (Array.isArray(value)) return Array.from(value.keys())
  return isPlainObject(value) ? Object.keys(value) : []
}

/** Merges the keys of both in one order that fits both, so that kept values don't change the shape of an object. */
function keysInOrder(before: Tree, after: Tree): string[] {
  const [left, right] = [Object.keys(before), Object.keys(after)]
  const keys = new Set<string>()
  let [here, there] = [0, 0]
  while (here < left.length || there < right.length) {
    const [first, second] = [left[here], right[there]]
    const isFirst =
      second === undefined ||
      (first !== undefined && !Object.hasOwn(after, first) && (Object.hasOwn(before, second) || first < second))
    const next = isFirst ? first : second
    if (next !== undefined) keys.add(next)
    if (isFirst) here++
    else there++
    while (here < left.length && keys.has(left[here] ?? '')) here++
  }
  return Array.from(keys)
}
