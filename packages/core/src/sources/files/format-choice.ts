import type { Format, FormatName } from '../format.js'
import { KeyChoice } from './key-choice.js'

/** Formats by key, by an ending such as `.conf`, or by a pattern such as `*.conf`. */
export type Formats = Readonly<Record<string, FormatName | Format>>

const ENDING = /^\.[^*?{}/]+$/
const WILDCARD = /[*?{]/

/** Finds the format that the option `formats` defines for a key. */
export class FormatChoice {
  readonly #formats: Formats
  readonly #patterns: readonly (readonly [matches: (key: string) => boolean, format: FormatName | Format])[]

  /**
   * @param formats names take precedence over patterns, else the first match wins; without a `/`, a name or pattern
   *   matches in any folder
   */
  constructor(formats: Formats) {
    this.#formats = formats
    const given = Object.entries(formats)
    const names = given.filter((each) => !isPattern(each))
    this.#patterns = [...names, ...given.filter(isPattern)].map(([glob, format]) => [matcherOf(glob), format])
  }

  /** @returns `undefined` when the ending of the key decides */
  formatOf(key: string): FormatName | Format | undefined {
    if (Object.hasOwn(this.#formats, key)) return this.#formats[key]
    return this.#patterns.find(([matches]) => matches(key))?.[1]
  }
}

function isPattern([key]: readonly [string, unknown]): boolean {
  return ENDING.test(key) || WILDCARD.test(key)
}

function matcherOf(glob: string): (key: string) => boolean {
  // The case of an ending does not count, as in the built-in ones.
  if (ENDING.test(glob)) return (key) => key.toLowerCase().endsWith(glob.toLowerCase())
  // Everything else matches as in `ignore`.
  const choice = new KeyChoice(undefined, [glob])
  return (key) => !choice.takes(key)
}
