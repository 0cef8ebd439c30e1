import { OptionError } from '../errors/errors.js'
import type { Schema } from './schema.js'
import { inSlices } from '../async/slices.js'
import { whenThere } from '../async/soon.js'
import type { Soon } from '../async/soon.js'
import type { StandardSchema } from './standard-schema.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import { checkBounds } from '../trees/bounds.js'
import { convictValidator } from './convict.js'
import { functionValidator } from './function.js'
import { standardValidator } from './standard.js'
import type { Judged, Validator, Verdict } from './validator.js'

/** @throws {OptionError} when it is no schema, or one whose library is missing */
export async function createValidator(schema: Schema | undefined): Promise<Validator> {
  if (schema === undefined) return { keyPaths: new Map(), sensitive: [], validate: (tree) => ({ value: tree }) }
  const validator = await validatorOf(schema)
  return {
    ...validator,
    validate: (tree, previous) =>
      whenThere(validator.validate(tree, previous), (verdict) => bounded(verdict, previous)),
  }
}

async function validatorOf(schema: Schema): Promise<Validator> {
  // arktype's schemas are functions too
  if (isStandardSchema(schema)) return standardValidator(schema)
  if (typeof schema === 'function') return functionValidator(schema)
  if (isPlainObject(schema) && !('getProperties' in schema && typeof schema.getProperties === 'function')) {
    return convictValidator(schema)
  }
  throw new OptionError(
    'schema: expected the object that is given to convict() (not what it returns), a Standard Schema, or a function',
  )
}

function refuse(error: unknown): Verdict {
  if (!(error instanceof TreeError)) throw error
  return { problems: [{ path: error.segments, message: `what the schema gave ${error.message}` }] }
}

/** A value that can't be walked can't become a snapshot. */
function bounded(verdict: Verdict, previous: Judged | undefined): Soon<Verdict> {
  if ('problems' in verdict) return verdict
  try {
    const checked = inSlices(checkBounds(verdict.value, previous?.value))
    return checked instanceof Promise ? checked.then(() => verdict, refuse) : verdict
  } catch (error) {
    return refuse(error)
  }
}

function isStandardSchema(schema: Schema): schema is StandardSchema {
  return (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema
}
