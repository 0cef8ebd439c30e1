import type { Source } from './source.js'

/** Values given in the program, such as defaults below or overrides above other sources. */
export function values(object: Readonly<Record<string, unknown>>): Source {
  return {
    name: 'values',
    async read(signal) {
      signal.throwIfAborted()
      return { revision: 'literal', entries: [{ path: [], value: object }] }
    },
  }
}
