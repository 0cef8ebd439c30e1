import { optionKind } from '../errors/option-kinds.js'
import type { OptionKind } from '../errors/option-kinds.js'

/** The formats that files are read in without more. `text` is one value. */
export const FORMAT_NAMES = ['json', 'yaml', 'toml', 'dotenv', 'properties', 'ini', 'text'] as const

export type FormatName = (typeof FORMAT_NAMES)[number]

/** Where a value is in a text. Line and column are counted from 1. */
export interface ValuePosition {
  readonly path: readonly (string | number)[]
  readonly line: number
  readonly column?: number | undefined
}

/**
 * A format of the program's own, for the option `format` of `file()` and `formats` of `volume()`, `configMap()` and others.
 *
 * @example
 * const json5: Format = { name: 'json5', parse: (text) => JSON5.parse(text) }
 * volume('/etc/config', { formats: { '*.json5': json5 } })
 */
export interface Format {
  /** What messages call it. */
  readonly name: string
  /**
   * Returns what a text says: a plain object, whose values are plain objects, arrays, texts, numbers, booleans and `null`.
   * It runs on the main thread, however long the text is.
   *
   * For a text that is not of this format it throws an error. The position in `line` and `column`, or in `lineNumber` and
   * `columnNumber`, is reported. The error's message is not, since parsers like to quote what they read. To say what was
   * expected, give the error a text `expected`, which must hold nothing of the text that was read.
   */
  parse(text: string): unknown
  /** Returns where the values are in a text that `parse` accepts, for messages about them. Without it they name the file. */
  positions?(text: string): Iterable<ValuePosition>
}

/** Whether it is the name of a format, or a format of the program's own. */
export function isFormat(value: unknown): value is FormatName | Format {
  if (typeof value === 'string') return (FORMAT_NAMES as readonly string[]).includes(value)
  if (typeof value !== 'object' || value === null) return false
  const { name, parse, positions } = value as Readonly<Record<string, unknown>>
  const isKnown = positions === undefined || typeof positions === 'function'
  return typeof name === 'string' && name !== '' && typeof parse === 'function' && isKnown
}

/** An option that says a format. */
export const formatKind: OptionKind<FormatName | Format> = optionKind(
  `${FORMAT_NAMES.map((name) => `"${name}"`).join(', ')} or a format with a name and a function parse`,
  isFormat,
)
