import { parse } from 'dotenv'

import { SyntaxProblem } from './format.js'
import { flatFormat } from './flat-format.js'
import type { Format } from './format.js'
import type { Pair } from './flat-format.js'

export const dotenv: Format = flatFormat(function* (text, keyToPaths): Generator<Pair> {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (/^\s*(?:#|$)/.test(line)) continue
    const position = { line: index + 1 }
    const [start, name, quote] = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:(?=\s))\s*(["'`])?/.exec(line) ?? []
    if (start === undefined || name === undefined) {
      throw new SyntaxProblem('is not a dotenv file: expected NAME=value', position)
    }
    const last = quote === undefined ? index : lastLine(lines, index, start.length, quote)
    // one at a time, since the library skips what it does not understand without a word
    const value = parse(lines.slice(index, last + 1).join('\n'), { fast: true })[name]
    for (const path of keyToPaths(name)) yield { path, value, position }
    index = last
  }
})

/** The line on which a quoted value ends; its own where the quote never closes, since it is then part of the value. */
function lastLine(lines: readonly string[], first: number, from: number, quote: string): number {
  for (let index = first; index < lines.length; index++) {
    const line = lines[index] ?? ''
    for (let at = line.indexOf(quote, index === first ? from : 0); at >= 0; at = line.indexOf(quote, at + 1)) {
      if (line[at - 1] === '\\') continue
      return /^\s*(?:#|$)/.test(line.slice(at + 1)) ? index : first
    }
  }
  return first
}
