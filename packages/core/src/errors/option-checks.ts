import { closest } from './closest.js'
import { OptionError } from './errors.js'
import { kindOf, mistakableIn } from './kind-of.js'

/**
 * Checks the value of one option and returns it, or its default for `undefined`.
 *
 * @param name the name of the option, for the error
 * @throws {OptionError}
 */
export type OptionReader<V> = (value: unknown, name: string) => V

/** The options of one function: a reader for the name of each. */
export type OptionTable = Readonly<Record<string, OptionReader<unknown>>>

/** The result of {@link readOptions} for a table. */
export type OptionsOf<T extends OptionTable> = { readonly [K in keyof T]: ReturnType<T[K]> }

/**
 * A table with all options of an interface. Those in `D` have a default, so they are never `undefined` in the result.
 */
export type TableOf<O, D extends keyof O = never> = {
  readonly [K in keyof O]-?: OptionReader<K extends D ? Exclude<O[K], undefined> : O[K]>
}

/**
 * Reads the options of a function by its table. It checks each option, applies the defaults and rejects unknown names.
 * Otherwise a mistake such as `secrets` for `secret` would go unnoticed. `undefined` counts as a missing option.
 *
 * @param place the start of the names of nested options, such as `health.`
 * @throws {OptionError}
 */
export function readOptions<const T extends OptionTable>(options: unknown, table: T, place = ''): OptionsOf<T> {
  const names = Object.keys(table)
  checkIsOptions(options, `an object with ${names.join(', ')}`, table, place.replace(/\.$/, '') || 'options')
  const given = options as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find(
    (name) => !Object.hasOwn(table, name) && valueOf(given, name, place) !== undefined,
  )
  if (unknown !== undefined) {
    const meant = closest(unknown, names)
    const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`
    throw new OptionError(`${place}${unknown}: unknown option${hint}; there are ${names.join(', ')}`)
  }
  const read = Object.entries(table).map(([name, reader]) => [
    name,
    reader(valueOf(given, name, place), `${place}${name}`),
  ])
  return Object.fromEntries(read) as OptionsOf<T>
}

/** @throws {OptionError} when a getter of the program throws */
function valueOf(options: Readonly<Record<string, unknown>>, name: string, place: string): unknown {
  try {
    return options[name]
  } catch (cause) {
    throw new OptionError(`${place}${name}: reading it failed with an error, which is the cause of this one`, { cause })
  }
}

/**
 * Checks that options are an object, and not something that is easily passed in their place.
 *
 * @throws {OptionError}
 */
export function checkIsOptions(options: unknown, expected: string, table: OptionTable, name = 'options'): void {
  if (isOptions(options)) return
  const mistaken = typeof options === 'object' && options !== null ? mistakableIn(options) : undefined
  const error = unexpected(name, expected, options)
  const { option = '' } = mistaken ?? {}
  throw Object.hasOwn(table, option) ? new OptionError(`${error.message}: pass it as { ${option} }`) : error
}

/** Whether a value is an object with names of the program, and not a list or another object with a meaning of its own. */
export function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !mistakableIn(value)
}

/** Reads an option that is an object of options itself. */
export function nested<const T extends OptionTable>(table: T): OptionReader<OptionsOf<T> | undefined>
/** @param byDefault the value that replaces a missing option, such as `{}` for the defaults of the table */
export function nested<const T extends OptionTable>(table: T, byDefault: object): OptionReader<OptionsOf<T>>
export function nested<const T extends OptionTable>(
  table: T,
  byDefault?: object,
): OptionReader<OptionsOf<T> | undefined> {
  return (value = byDefault, name) => (value === undefined ? undefined : readOptions(value, table, `${name}.`))
}

/**
 * Creates the error for an invalid option. It names the type of the value, but never the value, which may be a secret.
 */
export function unexpected(name: string, expected: string, value: unknown): OptionError {
  return new OptionError(`${name}: expected ${expected}, got ${kindOf(value)}`)
}
