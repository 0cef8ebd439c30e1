import { Pair as PropertiesPair, parseLines } from 'dot-properties'

import { SyntaxProblem } from './syntax-problem.js'
import { flatFormat } from './flat-format.js'
import { checkEdges } from './odd-characters.js'
import { positionFinder } from './positions.js'
import type { Parser } from './parser.js'
import type { Pair } from './flat-format.js'

/** Parses Java properties files. Every text is one, because a line without `=` or `:` is a key without a value. */
export const properties: Parser = flatFormat(function* (source, keyToPaths): Generator<Pair> {
  // When a line continues on the next one, the library accepts only `\n` as its end.
  const text = source.replace(/\r\n?/g, '\n')
  const positionOf = positionFinder(text)
  for (const line of parseLines(text, true)) {
    if (!(line instanceof PropertiesPair)) continue
    const [keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0] = line.range ?? []
    const position = positionOf(keyStart)
    for (const [start, end] of [
      [keyStart, keyEnd],
      [valueStart, valueEnd],
    ] as const) {
      const raw = text.slice(start, end)
      const fault = faultyEscape(raw)
      if (fault) throw new SyntaxProblem(fault.message, positionOf(start + fault.at))
      checkEdges(raw, position)
    }
    for (const path of keyToPaths(line.key)) yield { path, value: line.value, position }
  }
})

const ESCAPE = /\\(u[\da-fA-F]{4}|[^]?)/g

/** Characters that are the same with and without a backslash before them, and those that only an escape can write. */
const KEPT = /^[tnrf:=#!\\"'/,;\s]$/

/** Finds an escape that Java rejects, or a backslash that Java drops without a word, as in `C:\data` and `\d+\.`. */
function faultyEscape(raw: string): { readonly at: number; readonly message: string } | undefined {
  for (const { index, 1: code = '' } of raw.matchAll(ESCAPE)) {
    if (code === '') return { at: index, message: 'ends in a backslash that nothing follows: write two for one' }
    if (code === 'u') return { at: index, message: 'has a "\\u" without four hexadecimal digits' }
    if (code.length === 1 && !KEPT.test(code)) {
      return { at: index, message: 'has a backslash that is no escape: write two for one' }
    }
  }
  return undefined
}
