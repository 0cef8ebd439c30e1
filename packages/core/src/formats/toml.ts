import { TomlDate, TomlError, parse } from 'smol-toml'

import { atOnce } from '../async/slices.js'
import { MAX_DEPTH, checkBounds } from '../trees/bounds.js'
import { SyntaxProblem } from './format.js'
import { addPosition, emptyPositionMap } from './positions.js'
import type { Format } from './format.js'
import type { PositionMap, Position } from './positions.js'

export const toml: Format = {
  heavyBytes: 64 * 1024,

  parse(text) {
    try {
      const tree = parse(text, { maxDepth: MAX_DEPTH })
      // dotted keys nest without limit
      atOnce(checkBounds(tree))
      return datesAsText(tree)
    } catch (error) {
      if (!(error instanceof TomlError)) throw error
      // the lines after the first quote the text
      const [summary = ''] = error.message.split('\n')
      const reason = summary.replace(/^Invalid TOML document: /, '')
      throw new SyntaxProblem(`is not TOML: ${reason}`, { line: error.line, column: error.column })
    }
  },

  /** The library tells no positions: looks at how the lines begin. Finds tables and their keys, not what is in a value. */
  positions(text) {
    const root = emptyPositionMap()
    let table = root
    let multiline: string | undefined
    for (const [index, line] of text.split('\n').entries()) {
      if (multiline !== undefined) {
        if (line.includes(multiline)) multiline = undefined
        continue
      }
      const position = { line: index + 1 }
      const [, bracket, header] = /^\s*(\[\[?)([^[\]]+)\]/.exec(line) ?? []
      if (bracket !== undefined && header !== undefined) {
        table = openTable(root, segmentsOf(header), bracket === '[[', position)
        continue
      }
      const [, key, value] = KEY_VALUE.exec(line) ?? []
      if (key === undefined || value === undefined) continue
      let place = table
      for (const segment of segmentsOf(key)) place = place.below.get(segment) ?? addPosition(place, segment, position)
      place.position = position
      const quotes = /^(?:"""|''')/.exec(value)?.[0]
      if (quotes !== undefined && !value.includes(quotes, 3)) multiline = quotes
    }
    return root
  },
}

const SEGMENT = /[\w-]+|"([^"]*)"|'([^']*)'/g
const KEY_VALUE = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=\s*(.*)/

function segmentsOf(key: string): string[] {
  return Array.from(key.matchAll(SEGMENT), ([bare, double, single]) => double ?? single ?? bare)
}

/** Where a table stands: below the newest element of every array of tables on the way. */
function openTable(
  root: PositionMap,
  segments: readonly string[],
  isElement: boolean,
  position: Position,
): PositionMap {
  let place = root
  segments.forEach((segment, index) => {
    place = place.below.get(segment) ?? addPosition(place, segment, position)
    const elements = place.below.size
    if (isElement && index === segments.length - 1) place = addPosition(place, elements, position)
    // only an element has a number for a name in practice
    else if (place.below.has('0')) place = place.below.get(String(elements - 1)) ?? place
  })
  return place
}

/** A date is text in every other format, so it is here: the schema makes of it what it wants. */
function datesAsText(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString()
  if (Array.isArray(value)) return value.map(datesAsText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, datesAsText(below)]))
}
