import type { Problem, Validator } from './validator.js'

/** A function that returns the configuration, or throws what is wrong with it. */
export function functionValidator(parse: (input: Record<string, unknown>) => unknown): Validator {
  return {
    keyPaths: new Map(),
    sensitive: [],
    async validate(tree) {
      try {
        const value: unknown = await parse(tree)
        return value === undefined ? { problems: [NOTHING] } : { value }
      } catch (error) {
        return { problems: [{ path: [], message: error instanceof Error ? error.message : String(error) }] }
      }
    },
  }
}

const NOTHING: Problem = { path: [], message: 'the schema function returned nothing: expected the configuration' }
