import { valueAt } from '../../trees/path.js'
import { withoutValue } from '../../secrets/without-value.js'
import { isBranch } from '../../trees/tree.js'
import { coercionOf, isTextual } from './coercions.js'
import { overrideOf } from './entries.js'
import type { Entry, Leaf } from './entries.js'
import { quoteIt } from '../quote-it.js'
import type { SchemaProblem } from '../validator.js'

/** Parses convict's message: a line `path: message: value was ...` for each problem, with the value as JSON. */
export function problemsOf(text: string, entries: readonly Entry[], properties: unknown): SchemaProblem[] {
  const problems: { -readonly [K in keyof SchemaProblem]: SchemaProblem[K] }[] = []
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  for (const line of text.split('\n')) {
    const missing = /^configuration param '(.*)' missing from config/.exec(line)?.[1]
    const entry = byPath.get(line.split(': ', 1)[0] ?? '')
    if (missing !== undefined) {
      const given = byPath.get(missing)
      const isObject = given && isBranch(valueAt(properties, given.segments))
      problems.push(
        isObject
          ? problemAt(given, expectationOf(given))
          : { path: missing.split('.'), message: 'is missing: its parent was replaced by a value' },
      )
    } else if (entry) {
      const value = valueAt(properties, entry.segments)
      const suffix = `: value was ${JSON.stringify(value)}`
      const rest = line.slice(entry.path.length + 2)
      const said = (rest.endsWith(suffix) ? rest.slice(0, -suffix.length) : rest).trim()
      // A choice is rejected with its possible values, and the value is none of them.
      const isChoice = Array.isArray(entry.format)
      const message = isChoice ? said : withoutValue(said, value).trim()
      const problem = problemAt(entry, `${message}${expectsText(entry) ? quoteIt(value) : ''}`)
      problems.push(isChoice ? { ...problem, isOwn: true } : problem)
    } else {
      // This line continues a message of several lines.
      const last = problems.at(-1)
      if (last) last.message += `\n${line}`
      else problems.push({ path: [], message: line })
    }
  }
  return problems
}

/** Why an object is not accepted. convict compares its names with those of the default. */
export function expectationOf(entry: Entry): string {
  if (Array.isArray(entry.byDefault)) return 'expected a list, got an object'
  return coercionOf(entry) === 'object'
    ? 'is an object, so convict needs an object as its default as well'
    : 'expected a single value, got an object'
}

/**
 * Creates a problem. It names the variable or argument that the value comes from, if it does not come from a source.
 */
export function problemAt(entry: Entry, message: string): SchemaProblem {
  const source = overrideOf(entry)?.source
  return { path: entry.segments, message, ...(source !== undefined && { source }) }
}

const TEXT_FORMATS: ReadonlySet<string> = new Set(['string', 'url', 'email', 'ipaddress', 'windows_named_pipe'])

function expectsText(leaf: Leaf): boolean {
  return Array.isArray(leaf.format) ? isTextual(leaf.format) : TEXT_FORMATS.has(coercionOf(leaf))
}
