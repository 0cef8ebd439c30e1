import { optionKind } from '../errors/option-kinds.js'
import type { OptionKind } from '../errors/option-kinds.js'

/** The built-in formats. A file in the format `text` is one value. */
export const FORMAT_NAMES = ['json', 'yaml', 'toml', 'dotenv', 'properties', 'ini', 'text'] as const

export type FormatName = (typeof FORMAT_NAMES)[number]

/** The position of a value in a text. Line and column are counted from 1. */
export interface ValuePosition {
  readonly path: readonly (string | number)[]
  readonly line: number
  readonly column?: number | undefined
}

/**
 * A format of the application, for the option `format` of `file()` and `formats` of `volume()`, `configMap()` and
 * others.
 *
 * @example
 * const json5: Format = { name: 'json5', parse: (text) => JSON5.parse(text) }
 * volume('/etc/config', { formats: { '*.json5': json5 } })
 */
export interface Format {
  /** The name of the format in messages. */
  readonly name: string
  /**
   * Parses a text to a plain object. Its values are plain objects, arrays, texts, numbers, booleans and `null`. It runs
   * on the main thread, however long the text is.
   *
   * Throws an error when the text is not in this format. The message that users see has the position in the error's
   * `line` and `column`, or in `lineNumber` and `columnNumber`. It does not have the error's own message, which may
   * quote the text. To tell what was expected, set a text `expected` on the error. It must not quote the text either.
   */
  parse(text: string): unknown
  /** Returns the positions of the values in a text that `parse` accepts. Without it, messages name only the file. */
  positions?(text: string): Iterable<ValuePosition>
}

/** Whether a value is the name of a built-in format, or a format of the application. */
export function isFormat(value: unknown): value is FormatName | Format {
  if (typeof value === 'string') return (FORMAT_NAMES as readonly string[]).includes(value)
  if (typeof value !== 'object' || value === null) return false
  const { name, parse, positions } = value as Readonly<Record<string, unknown>>
  const isKnown = positions === undefined || typeof positions === 'function'
  return typeof name === 'string' && name !== '' && typeof parse === 'function' && isKnown
}

/** An option whose value is a format. */
export const formatKind: OptionKind<FormatName | Format> = optionKind(
  `${FORMAT_NAMES.map((name) => `"${name}"`).join(', ')} or a format with a name and a function parse`,
  isFormat,
)
