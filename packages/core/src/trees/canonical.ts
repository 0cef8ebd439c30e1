import { isArrayOf, buildObject, valuesIf, valuesOf } from './build-object.js'
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
 * @param bounds how many values there may be, and what a schema made them from
 * @throws {TreeError} for a key that is not allowed, for nesting that is too deep, which includes cycles, for too many
 *   values, and with an input for what a failed conversion leaves
 */
export function* canonical(value: unknown, previous?: unknown, bounds: Bounds = new Bounds(MAX_VALUES)): Walk<unknown> {
  return isBranch(value) ? (unchanged(value, previous, bounds) ?? (yield* take(value, previous, bounds))) : value
}

function* take(value: object, previous: unknown, bounds: Bounds): Walk<unknown> {
  const { path, steps } = bounds
  // Instances are kept as they are, and may have been mutated in place.
  let isComparable = true
  if (Array.isArray(value)) {
    bounds.enter(value.length)
    const before: readonly unknown[] | undefined = Array.isArray(previous) ? previous : undefined
    const items: unknown[] = []
    for (const [index, item] of value.entries() as Iterable<[number, unknown]>) {
      let taken = item
      if (isBranch(item)) {
        taken = unchanged(item, before?.[index], bounds) ?? (yield* takeBelow(index, item, before?.[index], bounds))
        isComparable &&= taken !== item
      } else if (Number.isNaN(item)) {
        bounds.rejectNaN(index)
      }
      items.push(taken)
      if (steps.isPauseDue()) yield
    }
    return isComparable && before && isArrayOf(before, items) ? before : Object.freeze(items)
  }
  if (!isPlainObject(value)) {
    bounds.checkInstance(value)
    return value
  }
  const before = isPlainObject(previous) ? previous : undefined
  const { keys, values, known } = contentOf(value, before, path)
  bounds.enter(keys.length)
  for (let index = 0; index < keys.length; index++) {
    const below = values[index]
    if (isBranch(below)) {
      const key = keys[index] as string
      const was = known ? known[index] : ownAt(before, key)
      values[index] = unchanged(below, was, bounds) ?? (yield* takeBelow(key, below, was, bounds))
      isComparable &&= values[index] !== below
    } else if (Number.isNaN(below)) {
      bounds.rejectNaN(keys[index] as string)
    }
    if (steps.isPauseDue()) yield
  }
  if (isComparable && known && isArrayOf(known, values)) return before
  return Object.freeze(yield* buildObject(keys, values, before))
}

function* takeBelow(segment: PathSegment, value: object, previous: unknown, bounds: Bounds): Walk<unknown> {
  bounds.path.push(segment)
  const taken = yield* take(value, previous, bounds)
  bounds.path.pop()
  return taken
}

interface Content {
  readonly keys: readonly string[]
  readonly values: unknown[]
  /** The values before, when the keys are the same. */
  readonly known: readonly unknown[] | undefined
}

/**
 * Returns the keys that have a value, sorted, with their values.
 *
 * @param before a canonical object: its keys are sorted, and were checked before
 */
function contentOf(object: Tree, before: Tree | undefined, path: readonly PathSegment[]): Content {
  const given = Object.keys(object)
  if (before) {
    const keys = Object.keys(before)
    const isInOrder = isArrayOf(keys, given)
    if (isInOrder || (keys.length === given.length && given.every((key) => Object.hasOwn(before, key)))) {
      const values = isInOrder ? valuesOf(object, keys) : keys.map((key) => object[key])
      if (!values.includes(undefined)) return { keys, values, known: valuesOf(before, keys) }
    }
  }
  for (const key of given) rejectKey(key, path)
  // Most keys are sorted already. The check takes a third of the time of sorting.
  const isInOrder = given.every((key, index) => index === 0 || (given[index - 1] as string) < key)
  const sorted = isInOrder ? given : given.toSorted()
  const all = isInOrder ? valuesOf(object, sorted) : sorted.map((key) => object[key])
  const isWhole = !all.includes(undefined)
  const keys = isWhole ? sorted : sorted.filter((_, index) => all[index] !== undefined)
  const values = isWhole ? all : all.filter((value) => value !== undefined)
  return { keys, values, known: before && valuesIf(before, keys) }
}

/** Returns the canonical part before, if a part has the same content. */
function unchanged(value: object, previous: unknown, bounds: Bounds): object | undefined {
  const left = compare(value, previous, MAX_COMPARED)
  if (left < 0) return undefined
  bounds.enter(MAX_COMPARED - left)
  bounds.steps.count(MAX_COMPARED - left)
  return previous as object
}

/**
 * Compares a part with a canonical one, whatever the order of its keys. This takes much less time than a copy, because
 * almost nothing is allocated.
 *
 * @param budget how many values may be compared
 * @returns the rest of the budget; a negative number when the parts differ or the budget is not enough
 */
function compare(value: object, previous: unknown, budget: number): number {
  let left = budget
  if (Array.isArray(value)) {
    if (!Array.isArray(previous) || previous.length !== value.length) return -1
    left -= value.length
    for (let index = 0; index < value.length && left >= 0; index++) {
      left = compareValue(value[index], previous[index], left)
    }
    return left
  }
  // An instance may have been mutated in place.
  if (!isPlainObject(value) || !isPlainObject(previous)) return -1
  const known = Object.keys(previous)
  left -= known.length
  if (left < 0) return -1
  let count = 0
  for (const key in value) {
    if (left < 0 || (key !== known[count] && !Object.hasOwn(previous, key))) return -1
    left = compareValue(value[key], previous[key], left)
    count++
  }
  return count === known.length ? left : -1
}

function compareValue(value: unknown, previous: unknown, budget: number): number {
  if (isBranch(value)) return compare(value, previous, budget)
  return Object.is(value, previous) ? budget : -1
}
