import { TomlDate, TomlError, parse } from 'smol-toml'

import { atOnce } from '../async/slices.js'
import { MAX_DEPTH, checkBounds } from '../trees/bounds.js'
import { checkNumbers } from './check-numbers.js'
import { SyntaxProblem } from './syntax-problem.js'
import { oddCharacter } from './odd-characters.js'
import type { Parser } from './parser.js'
import type { PositionMap } from './positions.js'
import { mapPositions } from './toml-positions.js'

/** A text that does not match has no number with so many digits that JavaScript could change it. */
const LONG_NUMBER = /[\d._]{16}|\d[eE][-+\d]/

export const toml: Parser = {
  heavyBytes: 64 * 1024,

  parse(text) {
    try {
      const tree = parse(text, { maxDepth: MAX_DEPTH, integersAsBigInt: 'asNeeded' })
      // The parser's `maxDepth` does not limit dotted keys.
      atOnce(checkBounds(tree))
      if (!LONG_NUMBER.test(text) && !isDelicate(tree)) return tree
      const positions = mapPositions(text)
      checkNumbers(positions)
      return datesAsText(tree, positions)
    } catch (error) {
      if (!(error instanceof TomlError)) throw error
      // All lines of the message except the first quote the text.
      const [summary = ''] = error.message.split('\n')
      const reason = summary.replace(/^Invalid TOML document: /, '')
      const { line, column } = error
      const found = oddCharacter(text.split('\n')[line - 1] ?? '', column - 1)
      throw new SyntaxProblem(`is not TOML: ${reason}${found}`, { line, column })
    }
  },

  positions: mapPositions,
}

/** Whether a value contains a date, or a number that is not finite or too large. */
function isDelicate(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint'
  return value instanceof TomlDate || Object.values(value).some(isDelicate)
}

/** Replaces dates by their text, as it is written. In all other formats a date is text, and the schema coerces it. */
function datesAsText(value: unknown, place: PositionMap | undefined): unknown {
  if (value instanceof TomlDate) return place?.date ?? value.toISOString()
  if (Array.isArray(value)) return value.map((item, index) => datesAsText(item, place?.below.get(String(index))))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, below]) => [key, datesAsText(below, place?.below.get(key))])
  return Object.fromEntries(entries) as unknown
}
