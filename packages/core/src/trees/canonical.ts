import { isArrayOf, buildObject, valuesIf } from './build-object.js'
import { ownAt } from './path.js'
import type { PathSegment } from './path.js'
import type { Walk } from '../async/slices.js'
import { Bounds, MAX_VALUES } from './bounds.js'
import { isBranch, isPlainObject } from './tree.js'
import { rejectKey } from './nest.js'
import type { Tree } from './tree.js'

/** Parts of up to this many values are compared before they are copied. Most parts are smaller, and did not change. */
const MAX_COMPARED = 256

/**
 * Brings a value of a parser or of the program into the one form that snapshots have: a frozen copy in which the keys
 * of every object are sorted and keys without a value are left out. So the same content always has the same shape, and
 * parts that did not change go from update to update without another copy.
 *
 * @param previous the canonical value before; its unchanged parts are kept
 * @param maxValues the largest number of values, at most {@link MAX_VALUES}
 * @throws {TreeError} for a key that is not allowed, for nesting that is too deep, which includes cycles, and for too
 *   many values
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
  // Instances are kept as they are, and may have been mutated in place.
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
 * Returns the keys that have a value, sorted, with their values.
 *
 * @param known sorted keys that were checked before: the same keys need no second check
 */
function contentOf(
  object: Tree,
  known: readonly string[],
  path: readonly PathSegment[],
): { keys: readonly string[]; values: unknown[] } {
  const keys = Object.keys(object)
  const isKnown = isArrayOf(known, keys)
  if (!isKnown) for (const key of keys) rejectKey(key, path)
  // Most keys are sorted already. The check takes a third of the time of sorting, and reading all values at once too.
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
 * Compares a value with a canonical one, whatever the order of its keys. This takes much less time than a copy, because
 * nothing is allocated.
 *
 * @param budget how many values may be compared
 * @returns the rest of the budget; a negative number when the values differ or the budget is not enough
 */
function compare(value: unknown, previous: unknown, budget: number): number {
  if (!isBranch(value)) return Object.is(value, previous) ? budget : -1
  if (Array.isArray(value)) {
    if (!Array.isArray(previous) || previous.length !== value.length) return -1
    let left = budget - value.length
    for (let index = 0; index < value.length && left >= 0; index++) left = compare(value[index], previous[index], left)
    return left
  }
  // An instance may have been mutated in place.
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
