import { unsafe as unescape } from 'ini'

import { parsePath } from '../trees/path.js'
import { SyntaxProblem } from './format.js'
import { flatFormat } from './flat-format.js'
import type { Format } from './format.js'
import type { Pair } from './flat-format.js'

/**
 * `a.b = 1` at the top, `[a]` with `b = 1` and `[a.b]` with keys below it all spell paths. `key[] = item` makes a list.
 * There are no types: every value is text, for the schema to coerce.
 *
 * The library's own parser takes any line and drops some without a word; only its rules for quotes, escapes and
 * comments within a line are used.
 */
export const ini: Format = flatFormat(function* (text, keyToPaths): Generator<Pair> {
  const lists = new Map<string, string[]>()
  let section: readonly string[] = []
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue
    const position = { line: index + 1 }
    const name = /^\[([^\]]+)\]\s*(?:[;#].*)?$/.exec(line)?.[1]
    if (name !== undefined) {
      section = splitSection(textOf(name))
      yield { path: section, value: {}, position }
      continue
    }
    const equals = line.indexOf('=')
    if (equals <= 0 || line.startsWith('[')) {
      throw new SyntaxProblem('is not INI: expected "[section]" or "key = value"', position)
    }
    const key = textOf(line.slice(0, equals))
    const value = textOf(line.slice(equals + 1))
    const isList = key.length > 2 && key.endsWith('[]')
    const plainKey = isList ? key.slice(0, -2) : key
    const paths = section.length > 0 ? [[...section, ...parsePath(plainKey)]] : keyToPaths(plainKey)
    for (const path of paths) {
      const id = path.join('\0')
      const list = lists.get(id) ?? (isList ? [] : undefined)
      if (list) lists.set(id, list)
      list?.push(value)
      yield { path, value: list ?? value, position }
    }
  }
})

/** The library makes values of what single quotes hold, where they could be JSON. */
function textOf(raw: string): string {
  const text: unknown = unescape(raw)
  return typeof text === 'string' ? text : raw.trim().slice(1, -1)
}

/** A dot that belongs to a name is escaped. */
function splitSection(name: string): string[] {
  return name.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.').trim())
}
