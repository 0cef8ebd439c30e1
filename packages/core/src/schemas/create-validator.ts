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

/** @throws {OptionError} when its library is missing, or says that it is no schema */
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
  return convictValidator(schema)
}

/** Whether it is a schema by its shape. What `convict()` returns is none. */
export function isSchema(value: unknown): value is Schema {
  if (isStandardSchema(value) || typeof value === 'function') return true
  return isPlainObject(value) && typeof value['getProperties'] !== 'function'
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

function isStandardSchema(schema: unknown): schema is StandardSchema {
  return (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema
}
