import { valueAt } from '../../trees/path.js'
import { withoutValue } from '../../secrets/without-value.js'
import { isBranch, isPlainObject } from '../../trees/tree.js'
import { UNREADABLE, coercionOf, isTextual } from './coercions.js'
import { overrideOf } from './entries.js'
import type { Entry, Leaf } from './entries.js'
import { quoteIt } from '../quote-it.js'
import type { SchemaProblem } from '../validator.js'

/**
 * Parses convict's message: `path: message: value was ...` for each problem, with the value as JSON, except for a value
 * that is falsy or sensitive. A message may have several lines, which may begin like problems of other entries.
 */
export function problemsOf(text: string, entries: readonly Entry[], properties: unknown): SchemaProblem[] {
  const problems: SchemaProblem[] = []
  /** A problem whose message may go on in the next line. */
  let unfinished: Mutable<SchemaProblem> | undefined
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
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
      const end = Boolean(value) && !entry.sensitive ? indexOfEnding(lines, index, suffix) : -1
      const whole = lines.slice(index, Math.max(index, end) + 1).join('\n')
      const said = whole.slice(entry.path.length + 2, end < 0 ? undefined : -suffix.length)
      problems.push((unfinished = problemOf(entry, value, said)))
      if (end >= 0) [index, unfinished] = [end, undefined]
    } else if (unfinished) {
      unfinished.message += `\n${line}`
    } else problems.push({ path: [], message: line })
  }
  return problems
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Returns the index of the first line with an ending, from an index on, or -1. */
function indexOfEnding(lines: readonly string[], from: number, ending: string): number {
  for (let index = from; index < lines.length; index++) if (lines[index]?.endsWith(ending)) return index
  return -1
}

/** The end of a line in the message of a format that uses convict itself, as for a list of objects. */
const QUOTED = /: value was (?:["[{\d-].*|true)$/gm

function problemOf(entry: Entry, value: unknown, message: string): SchemaProblem {
  const said = message.trim()
  // A choice is rejected with its possible values, and the value is none of them.
  if (Array.isArray(entry.format)) {
    return { ...problemAt(entry, `${said}${expectsText(entry) ? quoteIt(value) : ''}`), isOwn: true }
  }
  const rest = withoutValue(said.replace(QUOTED, ''), value).trim()
  return problemAt(entry, `${rest || UNREADABLE}${expectsText(entry) ? quoteIt(value) : ''}`)
}

/** Why an object is not accepted. convict compares its names with those of the default. */
export function expectationOf(entry: Entry): string {
  if (Array.isArray(entry.byDefault)) return 'expected a list, got an object'
  if (isPlainObject(entry.byDefault)) return 'has an object in it, which convict accepts only with format: Object'
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
