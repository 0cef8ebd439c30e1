import { parse } from 'ini'

import { refuseKey, setAt } from '../tree.js'
import type { Tree } from '../tree.js'
import { SyntaxProblem, locateKey } from './format.js'
import type { Format } from './format.js'

export const ini: Format = {
  parse(text, keyPath) {
    checkLines(text)
    const tree: Tree = {}
    // `a.b = 1` at the top and `[a]` with `b = 1` say the same
    for (const [key, value] of Object.entries(parse(text))) {
      setAt(tree, isSection(value) ? [key] : keyPath(key), asText(value))
    }
    return tree
  },
  locate: locateKey,
}

/** The library takes any line and drops `__proto__` without a word: look before it does. */
function checkLines(text: string): void {
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim()
    if (line === '' || line.startsWith(';') || line.startsWith('#')) return
    const name = /^\[([^\]]*)\]$/.exec(line)?.[1] ?? /^([^[=][^=]*)=/.exec(line)?.[1]
    if (name === undefined)
      throw new SyntaxProblem('is not INI: expected "[section]" or "key = value"', { line: index + 1 })
    for (const key of name.split('.')) refuseKey(key.trim().replace(/\[\]$/, ''), [name.trim()])
  })
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** INI has no types: what the library guesses to be a boolean or null becomes text again, for the schema to coerce. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText)
  if (!isSection(value)) return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, asText(below)]))
}
