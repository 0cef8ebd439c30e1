import { optionKind } from '../errors/option-kinds.js'
import { isPlainObject } from '../trees/tree.js'
import type { Source } from './source.js'

const valuesOf = optionKind<Readonly<Record<string, unknown>>>('a plain object such as { port: 8080 }', isPlainObject)

/**
 * Values from the application's code, such as defaults before other sources or overrides after them.
 *
 * @throws {OptionError} when the argument is not a plain object
 */
export function values(object: Readonly<Record<string, unknown>>): Source {
  const value = valuesOf.required(object, 'object')
  return {
    name: 'values',
    async read(signal) {
      signal.throwIfAborted()
      return { revision: 'literal', opaqueRevision: true, isOfProgram: true, entries: [{ path: [], value }] }
    },
  }
}
