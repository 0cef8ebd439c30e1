import { isArrayOf, buildObject, valuesIf } from './build-object.js'
import { ownAt } from './path.js'
import type { PathSegment } from './path.js'
import type { Walk } from '../async/slices.js'
import { Bounds, MAX_VALUES } from './bounds.js'
import { isBranch, isPlainObject } from './tree.js'
import { refuseKey } from './nest.js'
import type { Tree } from './tree.js'

/** How many values are compared at most before they are taken one by one. Most parts are smaller, and have not changed. */
const MAX_COMPARED = 256

/**
 * Takes a value over from a parser or a program, in the one form that snapshots have: copied, frozen, with the keys of
 * every object in the order of their names and without those that have no value. The same content always has the same
 * shape then, and what did not change can go from update to update without another copy.
 *
 * @param previous what was taken over before: parts that did not change are those of it
 * @param maxValues how many values it may hold, at most {@link MAX_VALUES}
 * @throws {TreeError} for a refused key, for nesting that is too deep (so also for a cycle), for too many values
 */
export function canonical(value: unknown, previous?: unknown, maxValues: number = MAX_VALUES): Walk<unknown> {
  return take(value, previous, new Bounds(Math.min(maxValues, MAX_VALUES)))
}

function* take(value: unknown, previous: unknown, bounds: Bounds): Walk<unknown> {
  const { path, steps } = bounds
  const left = compare(value, previous, MAX_COMPARED)
  if (left >= 0) {
    const compared = MAX_COMPARED - left
    bounds.enter(compared)
    if (steps.isPauseDue(compared)) yield
    return previous
  }
  // an instance, which is kept as it is, may have been changed in place
  let isComparable = true
  if (Array.isArray(value)) {
    bounds.enter(value.length)
    const before: readonly unknown[] | undefined = Array.isArray(previous) ? previous : undefined
    const items: unknown[] = []
    for (const [index, item] of value.entries() as Iterable<[number, unknown]>) {
      let taken = item
      if (isBranch(item)) {
        path.push(index)
        taken = yield* take(item, before?.[index], bounds)
        path.pop()
        isComparable &&= taken !== item
      }
      items.push(taken)
      if (steps.isPauseDue()) yield
    }
    return isComparable && before && isArrayOf(before, items) ? before : Object.freeze(items)
  }
  if (!isPlainObject(value)) return value
  const before = isPlainObject(previous) ? previous : undefined
  const { keys, values } = contentOf(value, before ? Object.keys(before) : [], path)
  bounds.enter(keys.length)
  const known = before && valuesIf(before, keys)
  for (let index = 0; index < keys.length; index++) {
    const below = values[index]
    if (isBranch(below)) {
      const key = keys[index] as string
      path.push(key)
      values[index] = yield* take(below, known ? known[index] : ownAt(before, key), bounds)
      path.pop()
      isComparable &&= values[index] !== below
    }
    if (steps.isPauseDue()) yield
  }
  return isComparable && known && isArrayOf(known, values) ? before : Object.freeze(yield* buildObject(keys, values))
}

/**
 * The keys that have a value, in order.
 *
 * @param known keys that were taken over: when they are the same ones, they need no look
 */
function contentOf(
  object: Tree,
  known: readonly string[],
  path: readonly PathSegment[],
): { keys: readonly string[]; values: unknown[] } {
  const keys = Object.keys(object)
  const isKnown = isArrayOf(known, keys)
  if (!isKnown) for (const key of keys) refuseKey(key, path)
  // most are in order, and looking takes a third of the time that sorting does; so does taking all values at once
  const isInOrder = isKnown || keys.every((key, index) => index === 0 || (keys[index - 1] as string) < key)
  if (!isInOrder) keys.sort()
  const values = isInOrder ? Object.values(object) : keys.map((key) => object[key])
  if (!values.includes(undefined)) return { keys, values }
  return {
    keys: keys.filter((_, index) => values[index] !== undefined),
    values: values.filter((value) => value !== undefined),
  }
}

/**
 * Compares a value with what was taken over before, the order of keys aside: in much less time than taking it over, since
 * nothing is made.
 *
 * @param budget how many values may be compared
 * @returns how many more could have been; less than 0 where they differ, or were too many to say
 */
function compare(value: unknown, previous: unknown, budget: number): number {
  if (!isBranch(value)) return Object.is(value, previous) ? budget : -1
  if (Array.isArray(value)) {
    if (!Array.isArray(previous) || previous.length !== value.length) return -1
    let left = budget - value.length
    for (let index = 0; index < value.length && left >= 0; index++) left = compare(value[index], previous[index], left)
    return left
  }
  // an instance may have been changed in place
  if (!isPlainObject(value) || !isPlainObject(previous)) return -1
  const keys = Object.keys(value)
  if (keys.length !== Object.keys(previous).length) return -1
  let left = budget - keys.length
  for (let index = 0; index < keys.length && left >= 0; index++) {
    const key = keys[index] as string
    left = Object.hasOwn(previous, key) ? compare(value[key], previous[key], left) : -1
  }
  return left
}
