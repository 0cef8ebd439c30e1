import { formatPath } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { numberFault } from './exact-number.js'
import { SyntaxProblem } from './syntax-problem.js'
import type { PositionMap } from './positions.js'

/**
 * Finds the first number of a text that can't be kept as it is written.
 *
 * @throws {SyntaxProblem} with its line and path
 */
export function checkNumbers(place: PositionMap, path: readonly PathSegment[] = []): void {
  const { position, number, below, isList } = place
  const fault = number === undefined ? undefined : numberFault(number)
  if (fault !== undefined) throw new SyntaxProblem(fault, position, formatPath(path))
  for (const [name, each] of below) checkNumbers(each, [...path, isList ? Number(name) : name])
}
