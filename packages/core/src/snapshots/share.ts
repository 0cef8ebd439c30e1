import { isArrayOf, isObjectOf, buildObject, valuesIf, valuesOf } from '../trees/build-object.js'
import { ownAt } from '../trees/path.js'
import { isSame } from '../trees/equal.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { MAX_DEPTH } from '../trees/bounds.js'
import { TreeError, isBranch, isPlainObject } from '../trees/tree.js'

/**
 * Returns a frozen form of `next` that reuses every unchanged part of `previous`, or `previous` itself when nothing
 * changed. Plain objects and arrays are copied, never frozen in place. Other objects, such as dates and class
 * instances, are kept.
 *
 * Arrays are built by `push`: the hidden class of arrays that `map` returns changes when `map` is optimized.
 *
 * @param isOwn whether the frozen parts of `next` were created by this pipeline, and so need no copy
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
    for (const [index, item] of next.entries() as Iterable<[number, unknown]>) {
      items.push(isBranch(item) ? yield* share(before?.[index], item, isOwn, steps, depth + 1) : item)
      if (steps.isPauseDue()) yield
    }
    if (before && isArrayOf(before, items)) return before
    return isKept && isArrayOf(next, items) ? next : Object.freeze(items)
  }
  if (isPlainObject(next)) {
    const before = isPlainObject(previous) ? previous : undefined
    if (isKept && !before) return next
    const keys = Object.keys(next)
    const values = valuesOf(next, keys)
    const known = before && valuesIf(before, keys)
    for (let index = 0; index < keys.length; index++) {
      const below = values[index]
      if (isBranch(below)) {
        const was = known ? known[index] : ownAt(before, keys[index] as string)
        if (was !== below) values[index] = yield* share(was, below, isOwn, steps, depth + 1)
      }
      if (steps.isPauseDue()) yield
    }
    if (before && (known ? isArrayOf(known, values) : isObjectOf(before, keys, values))) return before
    return isKept && isObjectOf(next, keys, values) ? next : Object.freeze(yield* buildObject(keys, values, before))
  }
  return isSame(previous, next) ? previous : next
}
