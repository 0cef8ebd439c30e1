import { createAbort } from '../async/abort.js'
import { within } from '../async/time-limit.js'
import { isError, propertyOf } from '../errors/thrown.js'
import { checkValueNumbers } from './check-numbers.js'
import type { Format } from '../sources/format.js'
import type { Parser } from './parser.js'
import { addPosition, emptyPositionMap } from './positions.js'
import type { Position, PositionMap } from './positions.js'
import { SyntaxProblem } from './syntax-problem.js'

/** A parser of the application may be asynchronous. */
const LIMIT = { ms: 10_000, what: 'no answer', keepsAlive: true }

const NEVER = createAbort().signal

/** The parser for a format of the application. A function can't be sent to a worker, so it runs on the main thread. */
export function ownParser(format: Format): Parser {
  return {
    heavyBytes: Infinity,
    async parse(text) {
      let value: unknown
      try {
        value = await within(LIMIT, NEVER, () => format.parse(text))
      } catch (error) {
        const isLate = isError(error) && error.name === 'TimeoutError'
        throw isLate ? new SyntaxProblem(`can't be parsed: ${error.message}`) : problemOf(format.name, error)
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
  const expected = propertyOf(error, 'expected')
  const about = typeof expected === 'string' ? `: expected ${expected}` : ''
  return new SyntaxProblem(`is not ${name}${about}`, positionIn(error))
}

function positionIn(error: unknown): Position | undefined {
  const line = count(propertyOf(error, 'line') ?? propertyOf(error, 'lineNumber'))
  const column = count(propertyOf(error, 'column') ?? propertyOf(error, 'columnNumber'))
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
