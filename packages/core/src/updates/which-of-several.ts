import { propertyOf } from '../errors/thrown.js'

/** The maximum length of the name of a function in a message, in characters. */
const MAX_NAME_LENGTH = 100

/**
 * Says which of several functions of the program a message is about, to follow the message: ` (hook checkUpstream)`, or
 * ` (hook 2 of 3)` for a function without a name. Empty when there is only one.
 *
 * @param what what the functions are, such as `hook`
 * @param functions all of them, in the order in which the program added them
 */
export function whichOf(what: string, index: number, functions: readonly object[]): string {
  if (functions.length < 2) return ''
  const names = functions.map(nameOf)
  const name = names[index] ?? ''
  if (name !== '' && names.indexOf(name) === names.lastIndexOf(name)) return ` (${what} ${name})`
  return ` (${what} ${index + 1} of ${functions.length}${name && `: ${name}`})`
}

function nameOf(of: object): string {
  const name = propertyOf(of, 'name')
  return typeof name === 'string' && name.length <= MAX_NAME_LENGTH ? name.replace(/\s+/g, ' ').trim() : ''
}
