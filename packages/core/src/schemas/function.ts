import { messageOf } from '../errors/errors.js'
import { atOnce } from '../async/slices.js'
import { mutableCopy } from '../trees/copy.js'
import type { Tree } from '../trees/tree.js'
import type { Validator } from './validator.js'

/** Validates by a function that returns the configuration or throws. It receives a copy, which it may mutate. */
export function functionValidator(parse: (input: Record<string, unknown>) => unknown): Validator {
  return {
    keyPaths: new Map(),
    sensitive: [],
    async validate(tree) {
      try {
        return { value: await parse(atOnce(mutableCopy(tree)) as Tree) }
      } catch (error) {
        return { problems: [{ path: [], message: messageOf(error) }] }
      }
    },
  }
}
