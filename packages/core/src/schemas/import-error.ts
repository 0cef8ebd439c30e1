import { OptionError, messageOf } from '../errors/errors.js'
import { codeOf } from '../errors/thrown.js'

/** The codes for what is not installed, of Node and of bundlers. */
const MISSING: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])

/**
 * Returns the error for a library that can't be imported.
 *
 * @param kind the kind of schema that needs it
 * @param library its name
 * @param packages what to install
 */
export function importError(kind: string, library: string, packages: string, cause: unknown): OptionError {
  const reason = MISSING.has(codeOf(cause))
    ? `is not installed: npm install ${packages}`
    : `can't be loaded: ${messageOf(cause)}`
  return new OptionError(`schema: it is a ${kind}, but ${library} ${reason}`, { cause })
}
