import { messageOf } from '../errors/errors.js'
import { atOnce } from '../async/slices.js'
import { soon } from '../async/soon.js'
import { mutableCopy } from '../trees/copy.js'
import type { Tree } from '../trees/tree.js'
import type { SchemaProblem, Validator, Verdict } from './validator.js'

/** A function that returns the configuration, or throws what is wrong with it. It may change what it is given. */
export function functionValidator(parse: (input: Record<string, unknown>) => unknown): Validator {
  return {
    keyPaths: new Map(),
    sensitive: [],
    validate(tree) {
      try {
        const value = soon(parse(atOnce(mutableCopy(tree)) as Tree))
        return value instanceof Promise ? value.then(take, refuse) : take(value)
      } catch (error) {
        return refuse(error)
      }
    },
  }
}

const NOTHING: SchemaProblem = { path: [], message: 'the schema function returned nothing: expected the configuration' }

function take(value: unknown): Verdict {
  return value === undefined ? { problems: [NOTHING] } : { value }
}

function refuse(error: unknown): Verdict {
  return { problems: [{ path: [], message: messageOf(error) }] }
}
