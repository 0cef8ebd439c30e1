import type { Format } from '../sources/format.js'
import type { Parser } from './parser.js'
import { addPosition, emptyPositionMap } from './positions.js'
import type { Position, PositionMap } from './positions.js'
import { SyntaxProblem } from './syntax-problem.js'

/** Reads a format of the program's own. A function can't be handed to a worker, so it runs on the main thread. */
export function ownParser(format: Format): Parser {
  return {
    heavyBytes: Infinity,
    async parse(text) {
      try {
        return await format.parse(text)
      } catch (error) {
        throw problemOf(format.name, error)
      }
    },
    positions: (text) => mapPositions(format, text),
  }
}

/** An error of a foreign parser. Its message may quote the text, which may be a secret, so it is not repeated. */
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
