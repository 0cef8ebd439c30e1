import { MAX_DEPTH } from '../trees/bounds.js'
import { formatPath } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import { NOT_FINITE, UNSAFE_INTEGER, numberFault } from './exact-number.js'
import { SyntaxProblem } from './syntax-problem.js'
import type { PositionMap } from './positions.js'

/**
 * Checks that JavaScript can hold every number of a text exactly.
 *
 * @throws {SyntaxProblem} for the first number that it can't hold, with its line and path
 */
export function checkNumbers(place: PositionMap, path: readonly PathSegment[] = []): void {
  // Deeper nesting is rejected later. Here it could overflow the stack.
  if (path.length > MAX_DEPTH) return
  const { position, number, below, isList } = place
  const fault = number === undefined ? undefined : numberFault(number)
  if (fault !== undefined) throw new SyntaxProblem(fault, position, formatPath(path))
  for (const [name, each] of below) checkNumbers(each, [...path, isList ? Number(name) : name])
}

/**
 * Checks the numbers in a value of a parser that does not keep their texts. Long integers are probably rounded already,
 * and look the same as those that were written with an exponent.
 *
 * @throws {TreeError} for the first number that is not finite, or an integer beyond the safe ones
 */
export function checkValueNumbers(
  value: unknown,
  path: readonly PathSegment[] = [],
  seen: Set<unknown> = new Set(),
): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TreeError(path, NOT_FINITE)
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new TreeError(path, UNSAFE_INTEGER)
  }
  // A value may contain itself, or others many times. Deeper nesting is rejected later.
  if (path.length > MAX_DEPTH || seen.has(value) || !(Array.isArray(value) || isPlainObject(value))) return
  seen.add(value)
  for (const [segment, below] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    checkValueNumbers(below, [...path, segment], seen)
  }
}
