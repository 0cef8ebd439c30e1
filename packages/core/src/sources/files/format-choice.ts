import type { Format, FormatName } from '../format.js'
import { KeyChoice } from './key-choice.js'

/** Formats by the key that they are said for, by an ending such as `.conf`, or by a pattern such as `*.conf`. */
export type Formats = Readonly<Record<string, FormatName | Format>>

const ENDING = /^\.[^*?{}/]+$/
const WILDCARD = /[*?{]/

/** Which format the program says for which key. */
export class FormatChoice {
  readonly #formats: Formats
  readonly #patterns: readonly (readonly [pattern: KeyChoice, format: FormatName | Format])[]

  /** @param formats what is no pattern counts before patterns, else what comes first; without a `/`, in any folder */
  constructor(formats: Formats) {
    this.#formats = formats
    const given = Object.entries(formats).map(([key, format]) => [ENDING.test(key) ? `*${key}` : key, format] as const)
    const [names, patterns] = [
      given.filter(([key]) => !WILDCARD.test(key)),
      given.filter(([key]) => WILDCARD.test(key)),
    ]
    // they match as `ignore` does
    this.#patterns = [...names, ...patterns].map(([glob, format]) => [new KeyChoice(undefined, [glob]), format])
  }

  /** @returns `undefined` where the key's own ending counts */
  formatOf(key: string): FormatName | Format | undefined {
    if (Object.hasOwn(this.#formats, key)) return this.#formats[key]
    return this.#patterns.find(([pattern]) => !pattern.takes(key))?.[1]
  }
}
