import type { TableOf } from '../../errors/option-checks.js'
import { listOf, optionKind, text } from '../../errors/option-kinds.js'
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
}

const KEYS = 'a list of keys such as ["app.yaml"]'

/** No key at all would never be what is meant. */
function isListOfKeys(value: unknown): boolean {
  return listOf(text, KEYS).accepts(value) && (value as readonly string[]).length > 0
}

/** The table of {@link KeyOptions}. */
export const KEY_OPTIONS: TableOf<KeyOptions, 'ignore' | 'required'> = {
  keys: optionKind<readonly string[]>(KEYS, isListOfKeys)(),
  ignore: listOf(text, KEYS)([]),
  required: optionKind<boolean | readonly string[]>(
    `true, false or ${KEYS}`,
    (value) => typeof value === 'boolean' || isListOfKeys(value),
  )(true),
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
