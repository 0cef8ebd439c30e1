import { printParseErrorCode, visit } from 'jsonc-parser'
import type { ParseErrorCode } from 'jsonc-parser'

import { SyntaxProblem } from './format.js'
import { addPosition, positionFinder, emptyPositionMap } from './positions.js'
import type { PositionMap, Position } from './positions.js'

const STRICT = { disallowComments: true, allowTrailingComma: false }

/** Where a text that `JSON.parse` takes gives what. */
export function mapPositions(text: string): PositionMap {
  const root = emptyPositionMap()
  /** The objects and arrays around the value that comes next; `index` counts the items of an array. */
  const open: { readonly place: PositionMap; index?: number }[] = []
  let property: PositionMap | undefined
  const valueAt = (line: number, column: number, hasBelow: boolean): PositionMap => {
    const around = open.at(-1)
    if (!around) return root
    const place = property ?? addPosition(around.place, around.index ?? 0, positionOf(line, column), hasBelow)
    if (around.index !== undefined) around.index++
    property = undefined
    return place
  }
  visit(text, {
    onObjectProperty: (name, _offset, _length, line, column) => {
      property = addPosition(open.at(-1)?.place ?? root, name, positionOf(line, column))
    },
    onObjectBegin: (_offset, _length, line, column) => void open.push({ place: valueAt(line, column, true) }),
    onArrayBegin: (_offset, _length, line, column) => void open.push({ place: valueAt(line, column, true), index: 0 }),
    onLiteralValue: (_value, _offset, _length, line, column) => void valueAt(line, column, false),
    onObjectEnd: () => void open.pop(),
    onArrayEnd: () => void open.pop(),
  })
  return root
}

/** The parser counts from 0. */
function positionOf(line: number, column: number): Position {
  return { line: line + 1, column: column + 1 }
}

/** What is wrong with a text that `JSON.parse` refused. Reads again with a parser that knows where it is. */
export function explain(text: string): SyntaxProblem {
  const onError = (error: ParseErrorCode, offset: number): never => {
    // InvalidSymbol, CommaExpected, UnexpectedEndOfString ...
    const what = printParseErrorCode(error)
      .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
      .toLowerCase()
      .replace(/^(.*) expected$/, 'expected a $1')
      .replace('invalid symbol', 'expected a value, a name in double quotes or punctuation')
      .replace('invalid comment token', 'expected no comment')
    throw new SyntaxProblem(`is not JSON: ${what}`, positionFinder(text)(offset))
  }
  try {
    visit(text, { onError }, STRICT)
  } catch (error) {
    return error instanceof SyntaxProblem ? error : new SyntaxProblem('is not JSON and nests too deep to tell where')
  }
  return new SyntaxProblem('is not JSON')
}
