import { SyntaxProblem } from './syntax-problem.js'
import { checkQuotes, flatFormat, isBlank, trimBlanks } from './flat-format.js'
import type { Parser } from './parser.js'
import type { Pair } from './flat-format.js'
import type { Position } from './positions.js'
import { checkEdges, firstOddCharacter, nameOfCharacter } from './odd-characters.js'

const NOTHING = /^[ \t]*(?:#.*)?$/
const START = /^[ \t]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=|:(?=[ \t]))[ \t]*/

/**
 * Parses `.env` files as the package `dotenv` does, with two exceptions, which are rejected. In a value without quotes, a
 * `#` begins a comment only after a blank: the package cuts `p#ss` to `p`, and other parsers keep all of it. A value that
 * begins with a quote must not lose a comment before the quote is closed: the package cuts `"p # ss` to `"p`.
 */
export const dotenv: Parser = flatFormat(function* (text, keyToPaths): Generator<Pair> {
  const lines = text.split(/\r\n|\n|\r/)
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (NOTHING.test(line)) continue
    const position = { line: index + 1 }
    const [start, name] = START.exec(line) ?? []
    if (start === undefined || name === undefined) {
      throw new SyntaxProblem(`is not a dotenv file: expected NAME=value${firstOddCharacter(line)}`, position)
    }
    const quoted = readQuoted(lines, index, start.length)
    const value = quoted?.value ?? readPlain(line.slice(start.length), position)
    for (const path of keyToPaths(name)) yield { path, value, position }
    index = quoted?.last ?? index
  }
})

/**
 * Reads a value in quotes, which may span several lines. It ends at the first quote without a backslash before it. A
 * quote with a backslash also ends it when only a comment follows on the line.
 *
 * @returns the value and its last line, or `undefined` for a value without quotes around it
 */
function readQuoted(
  lines: readonly string[],
  first: number,
  from: number,
): { readonly value: string; readonly last: number } | undefined {
  const quote = lines[first]?.charAt(from) ?? ''
  if (quote !== '"' && quote !== "'" && quote !== '`') return undefined
  let end: { readonly line: number; readonly at: number } | undefined
  search: for (let index = first; index < lines.length; index++) {
    const line = lines[index] ?? ''
    for (let at = line.indexOf(quote, index === first ? from + 1 : 0); at >= 0; at = line.indexOf(quote, at + 1)) {
      const rest = line.slice(at + 1)
      if (NOTHING.test(rest)) end = { line: index, at }
      checkSeparator(rest, { line: index + 1 })
      if (line[at - 1] !== '\\') break search
    }
  }
  if (!end) return undefined
  const inside = lines.slice(first, end.line + 1)
  inside[inside.length - 1] = inside.at(-1)?.slice(0, end.at) ?? ''
  return { value: expand(quote, inside.join('\n').slice(from + 1)), last: end.line }
}

/** Rejects what only the package reads as the end of a line: there the value would end, and here it goes on. */
function checkSeparator(rest: string, position: Position): void {
  const [, char] = /^\s*(?:#.*)?([\u2028\u2029])/.exec(rest) ?? []
  if (char === undefined) return
  throw new SyntaxProblem(`has ${nameOfCharacter(char)} after a quote, which may end a line: remove it`, position)
}

/** Replaces `\n` and `\r` in double quotes by line ends. All other backslashes stay. */
function expand(quote: string, text: string): string {
  return quote === '"' ? text.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : text
}

function readPlain(rest: string, position: Position): string {
  const hash = rest.indexOf('#')
  const isComment = hash === 0 ? /^#(?:[ \t]|$)/.test(rest) : isBlank(rest.charAt(hash - 1))
  if (hash >= 0 && !isComment) {
    throw new SyntaxProblem(
      'has a "#" in a value without quotes: quote the value, or write a space before a comment',
      position,
    )
  }
  const value = trimBlanks(hash < 0 ? rest : rest.slice(0, hash))
  if (hash >= 0) checkQuotes(value, '"\'`', position)
  checkEdges(value, position)
  const quote = value.charAt(0)
  const isWrapped = value.length > 1 && /["'`]/.test(quote) && value.endsWith(quote)
  return isWrapped ? expand(quote, value.slice(1, -1)) : expand(quote, value)
}
