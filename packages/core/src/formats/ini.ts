import { pathOfFlatName } from '../trees/flat-name.js'
import { SyntaxProblem } from './syntax-problem.js'
import { checkQuotes, flatFormat, trimBlanks } from './flat-format.js'
import { checkEdges, firstOddCharacter } from './odd-characters.js'
import type { Parser } from './parser.js'
import type { Pair } from './flat-format.js'
import type { Position } from './positions.js'

const SECTION = /^\[([^\]]+)\][ \t]*(?:[;#].*)?$/

/** A key that is in quotes, or whose last part is. It may contain any character in them. */
const QUOTED_KEY = /^(?:[^"'=]*\.[ \t]*)?(?:"(?:[^"\\]|\\.)*"|'[^']*')(?:\[\])?[ \t]*(?==)/

/** A part of a name: in quotes, or up to the next dot without a backslash before it. */
const PART = /(?:^|\.)[ \t]*(?:("(?:[^"\\]|\\.)*"|'[^']*')[ \t]*(?=\.|$)|((?:\\\.|[^.])*))/g

/** A text in double quotes, with its escapes. */
const DOUBLE_QUOTED = /^"(?:[^"\\]|\\.)*"/

/** The rest of a line after a value in quotes. */
const COMMENT_OR_NOTHING = /^(?:[ \t]+[;#].*)?$/

/**
 * Parses INI files. `a.b = 1` at the top and `b = 1` below `[a]` set the same path, and `[a.b]` is a nested section. A key
 * or section in quotes is one name, and so is a part in quotes. `key[] = item` adds an item to a list. INI has no types:
 * every value is text, which the schema coerces.
 *
 * A comment begins at the start of a line or after a blank. Elsewhere, `;` and `#` belong to the value: they are part
 * of connection strings, colours and addresses.
 */
export const ini: Parser = flatFormat(function* (text, keyToPaths): Generator<Pair> {
  const lists = new Map<string, string[]>()
  let section: readonly string[] = []
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = trimBlanks(raw)
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue
    const position = { line: index + 1 }
    const name = SECTION.exec(line)?.[1]
    if (name !== undefined) {
      section = sectionOf(trimBlanks(name), position)
      yield { path: section, value: {}, position }
      continue
    }
    const equals = QUOTED_KEY.exec(line)?.[0].length ?? line.indexOf('=')
    const rawKey = trimBlanks(line.slice(0, equals))
    if (equals <= 0 || line.startsWith('[') || /:[ \t]|[ \t][;#]/.test(rawKey)) {
      const found = firstOddCharacter(line)
      throw new SyntaxProblem(`is not INI: expected "[section]" or "key = value"${found}`, position)
    }
    const isList = rawKey.length > 2 && rawKey.endsWith('[]')
    const written = isList ? rawKey.slice(0, -2) : rawKey
    const quoted = quotedPathOf(written, position)
    const key = quoted ? written : readPlain(written, position)
    const isAtTop = section.length === 0 && !quoted
    const paths = isAtTop ? keyToPaths(key) : [[...section, ...(quoted ?? pathOfFlatName(key))]]
    const value = valueOf(trimBlanks(line.slice(equals + 1)), position)
    for (const path of paths) {
      const id = path.join('\0')
      const list = lists.get(id) ?? (isList ? [] : undefined)
      if (list) lists.set(id, list)
      list?.push(value)
      yield { path, value: list ?? value, position }
    }
  }
})

function valueOf(raw: string, position: Position): string {
  const quoted = readQuoted(raw, position)
  if (quoted !== undefined) return quoted
  const value = raw.slice(0, startOfComment(raw))
  if (value !== raw) checkQuotes(value, '"\'', position)
  return readPlain(trimBlanks(value), position)
}

/** Reads a value in quotes. Double quotes have the escapes of JSON, single quotes have none. */
function readQuoted(raw: string, position: Position): string | undefined {
  if (raw.startsWith('"')) {
    const [text] = DOUBLE_QUOTED.exec(raw) ?? []
    return text !== undefined && COMMENT_OR_NOTHING.test(raw.slice(text.length)) ? unescape(text, position) : undefined
  }
  if (!raw.startsWith("'")) return undefined
  for (let end = raw.indexOf("'", 1); end > 0; end = raw.indexOf("'", end + 1)) {
    if (COMMENT_OR_NOTHING.test(raw.slice(end + 1))) return raw.slice(1, end)
  }
  return undefined
}

function unescape(text: string, position: Position): string {
  try {
    // A tab is part of a value here, while JSON needs an escape for it.
    return JSON.parse(text.replaceAll('\t', '\\t')) as string
  } catch {
    throw new SyntaxProblem('has a backslash that is no escape: write two for one, or use single quotes', position)
  }
}

/** Removes backslashes only before `;` and `#`, where they prevent a comment. In `\\server\share` all of them stay. */
function readPlain(text: string, position: Position): string {
  checkEdges(text, position)
  return text.replace(/\\([;#])/g, '$1')
}

/** Finds where a comment starts. At the start of a value, a blank must follow the mark: `#ff0000` is a colour. */
function startOfComment(raw: string): number {
  if (/^[;#](?:[ \t]|$)/.test(raw)) return 0
  const found = raw.search(/(?<=[ \t])[;#]/)
  return found < 0 ? raw.length : found
}

/** Splits the name of a section at its dots. A dot after a backslash or in quotes belongs to a name. */
function sectionOf(raw: string, position: Position): readonly string[] {
  const quoted = quotedPathOf(raw, position)
  if (quoted) return quoted
  const name = readPlain(raw, position)
  if (name === '') throw new SyntaxProblem('is not INI: expected the name of a section', position)
  const parts = name.split(/(?<!\\)\./).map((part) => trimBlanks(part.replaceAll('\\.', '.')))
  return parts.includes('') ? [name] : parts
}

/** Splits a name at its dots. @returns `undefined` for a name without quotes around it, or around a part of it */
function quotedPathOf(raw: string, position: Position): readonly string[] | undefined {
  if (!/["']/.test(raw)) return undefined
  const parts = Array.from(raw.matchAll(PART), ([, quoted, plain = '']) => ({ quoted, plain: trimBlanks(plain) }))
  if (parts.every(({ quoted }) => quoted === undefined)) {
    const whole = readQuoted(raw, position)
    return whole === undefined ? undefined : [whole]
  }
  if (parts.some(({ quoted, plain }) => quoted === undefined && plain === '')) return [raw]
  return parts.map(({ quoted, plain }) =>
    quoted === undefined ? readPlain(plain, position).replaceAll('\\.', '.') : (readQuoted(quoted, position) ?? quoted),
  )
}
