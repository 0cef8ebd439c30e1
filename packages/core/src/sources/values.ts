import { optionKind } from '../errors/option-kinds.js'
import type { Source } from './source.js'

const valuesOf = optionKind<Readonly<Record<string, unknown>>>(
  'an object such as { port: 8080 }',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

/**
 * Values given in the program, such as defaults below or overrides above other sources.
 *
 * @throws {OptionError} for anything but an object
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
