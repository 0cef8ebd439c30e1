import { hasMethods } from './has-methods.js'
import { isOptions, unexpected } from './option-checks.js'
import type { OptionReader } from './option-checks.js'

/** A kind of option. `kind(byDefault)` and `kind()` read an optional one, `kind.required` a required one. */
export interface OptionKind<V> {
  (): OptionReader<V | undefined>
  (byDefault: V): OptionReader<V>
  readonly required: OptionReader<V>
  readonly accepts: (value: unknown) => boolean
}

/**
 * A kind of option.
 *
 * @param expected completes the sentence "expected ..."
 */
export function optionKind<V>(expected: string, accepts: (value: unknown) => boolean): OptionKind<V> {
  const required: OptionReader<V> = (value, name) => {
    if (!accepts(value)) throw unexpected(name, expected, value)
    return value as V
  }
  function kind(): OptionReader<V | undefined>
  function kind(byDefault: V): OptionReader<V>
  function kind(byDefault?: V): OptionReader<V | undefined> {
    return (value, name) => (value === undefined ? byDefault : required(value, name))
  }
  return Object.assign(kind, { required, accepts })
}

/** The longest wait of a timer. Node replaces a longer one, or one that is not a number, by one millisecond. */
export const MAX_MS: number = 2 ** 31 - 1

/** A wait in milliseconds, which may be 0. */
export const milliseconds: OptionKind<number> = optionKind(
  `a number of milliseconds from 0 to ${MAX_MS}`,
  (value) => typeof value === 'number' && value >= 0 && value <= MAX_MS,
)

/** An interval in milliseconds. It must not be 0, because that would be an endless loop. */
export const positiveMilliseconds: OptionKind<number> = optionKind(
  `a positive number of milliseconds, up to ${MAX_MS}`,
  (value) => typeof value === 'number' && value > 0 && value <= MAX_MS,
)

export const bytes: OptionKind<number> = optionKind(
  'a whole number of bytes above 0, such as 1_048_576',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
)

/** @param pattern the pattern that the text must match; default: it must not be empty */
export function textOf(expected: string, pattern: RegExp = /./s): OptionKind<string> {
  return optionKind(expected, (value) => typeof value === 'string' && pattern.test(value))
}

/** A path of the file system. No system accepts a NUL character in it. */
export const PATH: RegExp = /^[^\0]+$/

export const text: OptionKind<string> = textOf('a text that is not empty')

/** A text that may be empty, such as a prefix. */
export const anyText: OptionKind<string> = textOf('a text', /^/)

export const boolean: OptionKind<boolean> = optionKind('true or false', (value) => typeof value === 'boolean')

/** One of several texts, such as `oneOf('ignore', 'warn')('warn')`. */
export function oneOf<const V extends string>(...values: readonly V[]): OptionKind<V> {
  const expected = values.map((value) => `"${value}"`).join(' or ')
  return optionKind(expected, (value) => (values as readonly unknown[]).includes(value))
}

// oxlint-disable-next-line typescript/no-explicit-any -- whatever its parameters are
type AnyFunction = (...args: any[]) => unknown

const anyFunction = optionKind<AnyFunction>('a function', (value) => typeof value === 'function')

export function optionalFunction<F extends AnyFunction>(): OptionReader<F | undefined> {
  return anyFunction() as OptionReader<F | undefined>
}

export function requiredFunction<F extends AnyFunction>(): OptionReader<F> {
  return anyFunction.required as OptionReader<F>
}

/**
 * An object of a class or an interface. Its methods are checked, because `instanceof` fails for another copy of a
 * class.
 */
export function withMethods<V>(expected: string, ...methods: readonly (keyof V & string)[]): OptionKind<V> {
  return optionKind(expected, (value) => hasMethods(value, methods))
}

export const signal: OptionKind<AbortSignal> = withMethods<AbortSignal>(
  'an AbortSignal',
  'addEventListener',
  'throwIfAborted',
)

/** A list whose items are all of one kind. */
export function listOf<V>(item: OptionKind<V>, expected: string): OptionKind<readonly V[]> {
  // `Array.from` fills the holes of a list, which `every` would skip.
  return optionKind(expected, (value) => Array.isArray(value) && Array.from(value).every(item.accepts))
}

/** A list of paths in the configuration. */
export const paths: OptionKind<readonly string[]> = listOf(text, 'a list of paths such as ["log.level"]')

/** An object with any names, whose values are all of one kind. Entries that are `undefined` are left out. */
export function recordOf<V>(item: OptionKind<V>, expected: string): OptionReader<Readonly<Record<string, V>>> {
  return (value = {}, name) => {
    if (!isOptions(value)) throw unexpected(name, expected, value)
    const given = Object.entries(value).filter(([, each]) => each !== undefined)
    return Object.fromEntries(given.map(([key, each]) => [key, item.required(each, `${name}.${key}`)]))
  }
}
