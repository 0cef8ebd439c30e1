import { closest } from './closest.js'
import { OptionError } from './errors.js'

/**
 * Checks the value of one option and returns it, or its default for `undefined`.
 *
 * @param name the option's, for the error
 * @throws {OptionError}
 */
export type OptionReader<V> = (value: unknown, name: string) => V

/** The options of one function: the name of each, with what reads it. */
export type OptionTable = Readonly<Record<string, OptionReader<unknown>>>

/** What {@link readOptions} returns for a table. */
export type OptionsOf<T extends OptionTable> = { readonly [K in keyof T]: ReturnType<T[K]> }

/** A table that leaves out no option of an interface. Those in `D` have a default, and so are never `undefined`. */
export type TableOf<O, D extends keyof O = never> = {
  readonly [K in keyof O]-?: OptionReader<K extends D ? Exclude<O[K], undefined> : O[K]>
}

/**
 * Reads the options of a function by its table: checks each, fills in the defaults and rejects unknown names, which are
 * mistakes that would otherwise go unnoticed, such as `secrets` for `secret`. `undefined` counts as not given.
 *
 * @param place of options that are part of others, such as `health.`
 * @throws {OptionError}
 */
export function readOptions<const T extends OptionTable>(options: unknown, table: T, place = ''): OptionsOf<T> {
  const names = Object.keys(table)
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw unexpected(place.replace(/\.$/, '') || 'options', `an object with ${names.join(', ')}`, options)
  }
  const given = options as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(table, name) && given[name] !== undefined)
  if (unknown !== undefined) {
    const meant = closest(unknown, names)
    const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`
    throw new OptionError(`${place}${unknown}: unknown option${hint}; there are ${names.join(', ')}`)
  }
  const read = Object.entries(table).map(([name, reader]) => [name, reader(given[name], `${place}${name}`)])
  return Object.fromEntries(read) as OptionsOf<T>
}

/** Reads an option that is an object of options itself. */
export function nested<const T extends OptionTable>(table: T): OptionReader<OptionsOf<T> | undefined>
/** @param byDefault what is read when the option is not given, such as `{}` for the defaults of the table */
export function nested<const T extends OptionTable>(table: T, byDefault: object): OptionReader<OptionsOf<T>>
export function nested<const T extends OptionTable>(
  table: T,
  byDefault?: object,
): OptionReader<OptionsOf<T> | undefined> {
  return (value = byDefault, name) => (value === undefined ? undefined : readOptions(value, table, `${name}.`))
}

/** Says what was expected and what kind of thing was given. Never the value: it may be a secret in the wrong place. */
export function unexpected(name: string, expected: string, value: unknown): OptionError {
  return new OptionError(`${name}: expected ${expected}, got ${kindOf(value)}`)
}

function kindOf(value: unknown): string {
  if (value === '') return 'an empty text'
  if (Array.isArray(value)) return kindOfList(value)
  if (typeof value === 'number') return kindOfNumber(value)
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'boolean' || value === null || value === undefined) return String(value)
  return `a ${typeof value}`
}

function kindOfList(list: readonly unknown[]): string {
  if (list.length === 0) return 'an empty list'
  const kinds = new Set(Array.from(list, (item) => (Array.isArray(item) ? 'a list' : kindOf(item))))
  return `a list of ${Array.from(kinds).join(' and ')}`
}

function kindOfNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  if (value < 0) return 'a negative number'
  return Number.isInteger(value) ? 'a number' : 'a fraction'
}
