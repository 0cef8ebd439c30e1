import { TomlDate, TomlError, parse } from 'smol-toml'

import { MAX_DEPTH } from '../tree.js'
import { SyntaxProblem, locateKey } from './format.js'
import type { Format } from './format.js'

export const toml: Format = {
  parse(text) {
    try {
      return datesAsText(parse(text, { maxDepth: MAX_DEPTH }))
    } catch (error) {
      if (!(error instanceof TomlError)) throw error
      // the lines after the first quote the text
      const [summary = ''] = error.message.split('\n')
      const reason = summary.replace(/^Invalid TOML document: /, '')
      throw new SyntaxProblem(`is not TOML: ${reason}`, { line: error.line, column: error.column })
    }
  },
  locate: locateKey,
}

/** A date is text in every other format, so it is here: the schema makes of it what it wants. */
function datesAsText(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString()
  if (Array.isArray(value)) return value.map(datesAsText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, datesAsText(below)]))
}
