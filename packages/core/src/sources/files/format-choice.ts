import type { Format, FormatName } from '../format.js'
import { KeyChoice } from './key-choice.js'

/** Formats by key, by an ending such as `.conf`, or by a pattern such as `*.conf`. */
export type Formats = Readonly<Record<string, FormatName | Format>>

const ENDING = /^\.[^*?{}/]+$/
const WILDCARD = /[*?{]/

/** Finds the format that the option `formats` defines for a key. */
export class FormatChoice {
  readonly #formats: Formats
  readonly #patterns: readonly (readonly [pattern: KeyChoice, format: FormatName | Format])[]

  /**
   * @param formats names take precedence over patterns, else the first match wins; without a `/`, a name or pattern
   *   matches in any folder
   */
  constructor(formats: Formats) {
    this.#formats = formats
    const given = Object.entries(formats).map(([key, format]) => [ENDING.test(key) ? `*${key}` : key, format] as const)
    const [names, patterns] = [
      given.filter(([key]) => !WILDCARD.test(key)),
      given.filter(([key]) => WILDCARD.test(key)),
    ]
    // `formats` matches as `ignore` does.
    this.#patterns = [...names, ...patterns].map(([glob, format]) => [new KeyChoice(undefined, [glob]), format])
  }

  /** @returns `undefined` when the ending of the key decides */
  formatOf(key: string): FormatName | Format | undefined {
    if (Object.hasOwn(this.#formats, key)) return this.#formats[key]
    return this.#patterns.find(([pattern]) => !pattern.takes(key))?.[1]
  }
}
