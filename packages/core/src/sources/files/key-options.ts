import type { TableOf } from '../../errors/option-checks.js'
import { listOf, optionKind, recordOf, text } from '../../errors/option-kinds.js'
import { formatKind } from '../format.js'
import type { Formats } from './format-choice.js'
import { KeyChoice } from './key-choice.js'

/** The options by which keys of a source are chosen. */
export interface KeyOptions {
  /**
   * The keys to read, by name or by pattern: `*` is any part of a name, `**` any number of folders, `{a,b}` one of several.
   * Default: all. What is not chosen is never opened.
   */
  readonly keys?: readonly string[] | undefined
  /** What of them to leave out, by the rules of `.gitignore`: `keystore.p12`, `*.jks`, `private/`. Default: nothing. */
  readonly ignore?: readonly string[] | undefined
  /**
   * The keys that must be there, by name or by pattern. `true`, the default: the source itself, and each of `keys` that is
   * no pattern. `false`: nothing; a source that is not there holds nothing until it is.
   */
  readonly required?: boolean | readonly string[] | undefined
  /**
   * What keys are read as, where their endings don't say it: by name, by an ending such as `.conf`, or by a pattern such
   * as `*.conf`. A name counts before a pattern, else the first. Default: by the endings of the keys alone.
   */
  readonly formats?: Formats | undefined
}

const FORMATS = "an object of formats such as { '*.conf': 'ini' }"

const list = listOf(text, 'a list of keys such as ["app.yaml"]')

/** The table of {@link KeyOptions}. */
export const KEY_OPTIONS: TableOf<KeyOptions, 'ignore' | 'required' | 'formats'> = {
  // no key at all would never be what is meant
  keys: optionKind<readonly string[]>(
    'a list of keys such as ["app.yaml"]',
    (value) => list.accepts(value) && (value as readonly string[]).length > 0,
  )(),
  ignore: list([]),
  required: optionKind<boolean | readonly string[]>(
    'true, false or a list of keys such as ["app.yaml"]',
    (value) => typeof value === 'boolean' || list.accepts(value),
  )(true),
  formats: recordOf(formatKind, FORMATS),
}

/** How many keys a message names. */
const NAMED = 20

/**
 * The keys that must be there.
 *
 * @param required a list says which; `true`: the chosen ones that are no patterns; `false`: none
 */
export function requiredKeys(keys: readonly string[] = [], required: boolean | readonly string[]): readonly string[] {
  if (typeof required === 'object') return required
  return required ? keys.filter((key) => !/[*?{]/.test(key)) : []
}

/**
 * Says which keys that must be there are not, `undefined` when none is missing.
 *
 * @param read the keys that were read
 * @param there the names of all keys, chosen or not
 */
export function describeMissing(
  required: readonly string[],
  read: readonly string[],
  there: () => readonly string[],
): string | undefined {
  const missing = required.filter((key) => {
    const choice = new KeyChoice([key])
    return !read.some((each) => choice.takes(each))
  })
  if (missing.length === 0) return undefined
  const names = [...there()].sort()
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return `it has no ${missing.join(', ')}; its keys are ${names.slice(0, NAMED).join(', ') || 'none'}${more}`
}
