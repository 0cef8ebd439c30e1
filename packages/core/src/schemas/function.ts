import type { Validator } from './validator.js'

/** A function that returns the configuration, or throws what is wrong with it. */
export function functionValidator(parse: (input: Record<string, unknown>) => unknown): Validator {
  return {
    keyPath: () => undefined,
    sensitive: [],
    async validate(tree) {
      try {
        return { value: await parse(tree) }
      } catch (error) {
        return { problems: [{ path: [], message: error instanceof Error ? error.message : String(error) }] }
      }
    },
  }
}
