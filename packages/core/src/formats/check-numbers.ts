import { MAX_DEPTH } from '../trees/bounds.js'
import { formatPath } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { numberFault } from './exact-number.js'
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
