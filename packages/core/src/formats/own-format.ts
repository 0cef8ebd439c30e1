import { checkValueNumbers } from './check-numbers.js'
import type { Format } from '../sources/format.js'
import type { Parser } from './parser.js'
import { addPosition, emptyPositionMap } from './positions.js'
import type { Position, PositionMap } from './positions.js'
import { SyntaxProblem } from './syntax-problem.js'

/** The parser for a format of the application. A function can't be sent to a worker, so it runs on the main thread. */
export function ownParser(format: Format): Parser {
  return {
    heavyBytes: Infinity,
    async parse(text) {
      let value: unknown
      try {
        value = await format.parse(text)
      } catch (error) {
        throw problemOf(format.name, error)
      }
      checkValueNumbers(value)
      return value
    },
    positions: (text) => mapPositions(format, text),
  }
}

/**
 * Converts an error of the application's parser. Its message may quote the text, which may be secret, so it is dropped.
 */
function problemOf(name: string, error: unknown): SyntaxProblem {
  const about = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>
  const expected = typeof about['expected'] === 'string' ? `: expected ${about['expected']}` : ''
  return new SyntaxProblem(`is not ${name}${expected}`, positionIn(about))
}

function positionIn(error: Readonly<Record<string, unknown>>): Position | undefined {
  const line = count(error['line'] ?? error['lineNumber'])
  const column = count(error['column'] ?? error['columnNumber'])
  return line === undefined ? undefined : { line, ...(column !== undefined && { column }) }
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined
}

function mapPositions(format: Format, text: string): PositionMap {
  const root = emptyPositionMap()
  for (const { path, line, column } of format.positions?.(text) ?? []) {
    const position = { line, ...(column !== undefined && { column }) }
    let place = root
    for (const segment of path) place = place.below.get(String(segment)) ?? addPosition(place, segment, position)
    place.position = position
  }
  return root
}
