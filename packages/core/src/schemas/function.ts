import { messageOf } from '../errors/errors.js'
import { atOnce } from '../async/slices.js'
import { mutableCopy } from '../trees/copy.js'
import type { Tree } from '../trees/tree.js'
import type { SchemaProblem, Validator } from './validator.js'

/** Validates by a function that returns the configuration or throws. It receives a copy, which it may mutate. */
export function functionValidator(parse: (input: Record<string, unknown>) => unknown): Validator {
  return {
    keyPaths: new Map(),
    sensitive: [],
    async validate(tree) {
      try {
        const value = await parse(atOnce(mutableCopy(tree)) as Tree)
        return value === undefined ? { problems: [NOTHING] } : { value }
      } catch (error) {
        return { problems: [{ path: [], message: messageOf(error) }] }
      }
    },
  }
}

const NOTHING: SchemaProblem = {
  path: [],
  message: 'the schema function returned nothing: expected the configuration',
}
