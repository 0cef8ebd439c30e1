import { OptionError } from '../../errors/errors.js'
import type { TableOf } from '../../errors/option-checks.js'
import { listOf, optionKind, recordOf, text } from '../../errors/option-kinds.js'
import { formatKind } from '../format.js'
import type { Formats } from './format-choice.js'
import { KeyChoice } from './key-choice.js'

/** The options that choose the keys of a source. */
export interface KeyOptions {
  /**
   * The keys to read, by name or by pattern: `*` matches any part of a name, `**` any number of folders and `{a,b}` one
   * of several texts. Default: all keys. A key that is not chosen is never opened.
   */
  readonly keys?: readonly string[] | undefined
  /** The keys to leave out, by the rules of `.gitignore`: `keystore.p12`, `*.jks`, `private/`. Default: none. */
  readonly ignore?: readonly string[] | undefined
  /**
   * The keys that must exist, by name or by pattern. With `true`, the default, the source itself must exist, and each
   * name in `keys` that is not a pattern. For `configMaps()`, `true` requires no key, only one ConfigMap. With `false`,
   * nothing must exist: a missing source counts as empty until it exists.
   */
  readonly required?: boolean | readonly string[] | undefined
  /**
   * The formats of keys whose endings do not tell it: by name, by an ending such as `.conf`, or by a pattern such as
   * `*.conf`. A name takes precedence over a pattern, else the first match wins. Default: only the ending of a key
   * decides.
   */
  readonly formats?: Formats | undefined
}

const FORMATS = "an object of formats such as { '*.conf': 'ini' }"

const list = listOf(text, 'a list of keys such as ["app.yaml"]')

/** The table of {@link KeyOptions}. */
export const KEY_OPTIONS: TableOf<KeyOptions, 'ignore' | 'required' | 'formats'> = {
  // An empty list is always a mistake: it would choose no key.
  keys: optionKind<readonly string[]>(
    'a list of keys such as ["app.yaml"]',
    (value) => list.accepts(value) && (value as readonly string[]).length > 0,
  )(),
  ignore: (value, name) => {
    const globs = list([])(value, name)
    if (!globs.some((glob) => glob.startsWith('!'))) return globs
    throw new OptionError(`${name}: a pattern that begins with "!" is not supported: choose keys with keys`)
  },
  required: optionKind<boolean | readonly string[]>(
    'true, false or a list of keys such as ["app.yaml"]',
    (value) => typeof value === 'boolean' || list.accepts(value),
  )(true),
  formats: recordOf(formatKind, FORMATS),
}

/** The maximum number of keys that a message names. */
const NAMED = 20

/**
 * Returns the keys that must exist.
 *
 * @param required a list of them; `true` for the names in `keys` that are not patterns; `false` for none
 */
export function requiredKeys(keys: readonly string[] = [], required: boolean | readonly string[]): readonly string[] {
  if (typeof required === 'object') return required
  return required ? keys.filter((key) => !/[*?{]/.test(key)) : []
}

/**
 * Describes the required keys that were not read, and what to do. Returns `undefined` when all were.
 *
 * @param read the keys that were read
 * @param there returns the names of all existing keys, chosen or not; those of folders end with `/`
 */
export function describeMissing(
  required: readonly string[],
  choice: KeyChoice,
  read: readonly string[],
  there: () => readonly string[],
): string | undefined {
  const unread = required.filter((key) => {
    const one = new KeyChoice([key])
    return !read.some((each) => one.takes(each))
  })
  if (unread.length === 0) return undefined
  const names = [...there()].sort()
  const folders = unread.filter((key) => names.includes(`${key}/`))
  const files = unread.filter((key) => names.includes(key))
  const missing = unread.filter((key) => !folders.includes(key) && !files.includes(key))
  const leftOut = files.filter((key) => !choice.takes(key))
  // What is chosen and not read is a file that only its exact name chooses.
  const hidden = files.filter((key) => choice.takes(key))
  const reasons: string[] = []
  if (missing.length > 0) {
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
    reasons.push(`it has no ${missing.join(', ')}; its keys are ${names.slice(0, NAMED).join(', ') || 'none'}${more}`)
  }
  if (leftOut.length > 0) reasons.push(`keys or ignore leave out ${leftOut.join(', ')}`)
  reasons.push(...hidden.map((key) => `${key} is hidden: name it in keys`))
  reasons.push(...folders.map((key) => `${key} is a folder: write ${key}/**`))
  return reasons.join('; ')
}
