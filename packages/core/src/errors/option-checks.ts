import { OptionError } from './errors.js'

/**
 * Finds mistakes that would otherwise go unnoticed, such as `secrets` for `secret`. What is `undefined` counts as not given.
 *
 * @param place of the options, where they are part of others, such as `health.`
 * @throws {OptionError} for an option that there is none of
 */
export function checkNames<O extends object>(options: O, known: readonly (keyof O & string)[], place = ''): void {
  const names: readonly string[] = known
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !names.includes(name))?.[0]
  if (unknown === undefined) return
  throw new OptionError(`${place}${unknown}: no such option; there are ${names.join(', ')}`)
}
