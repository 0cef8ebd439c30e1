import { OptionError } from '../errors/errors.js'
import { isStarted } from '../errors/kind-of.js'
import type { ConvictSchema, Schema } from './schema.js'
import type { StandardSchema } from './standard-schema.js'
import { isPlainObject } from '../trees/tree.js'
import { convictValidator } from './convict/validator.js'
import { functionValidator } from './function.js'
import { isJsonSchema } from './json-schema/is-json-schema.js'
import { jsonSchemaValidator } from './json-schema/validator.js'
import { declares, namesAt } from './known-names.js'
import { standardValidator } from './standard.js'
import type { Validator } from './validator.js'

/** Accepts every tree as it is: without a schema, the merged tree is the configuration. */
export const PASS_THROUGH: Validator = {
  keyPaths: new Map(),
  sensitive: [],
  validate: (tree) => ({ value: tree }),
}

/** @throws {OptionError} when the schema's library is not installed, or when it rejects the schema */
export async function createValidator(schema: Schema | undefined): Promise<Validator> {
  if (schema === undefined) return PASS_THROUGH
  const validator = await validatorOf(schema)
  const { known } = validator
  return {
    ...validator,
    ...(known && {
      knows: (path) => namesAt(known, path) !== undefined,
      declares: (path) => declares(known, path),
    }),
  }
}

async function validatorOf(schema: Schema): Promise<Validator> {
  // First, because the schemas of arktype are functions as well.
  if (isStandardSchema(schema)) return standardValidator(schema)
  if (isClass(schema)) throw new OptionError('schema: expected a function that validates, got a class')
  if (typeof schema === 'function') return functionValidator(schema)
  return isJsonSchema(schema) ? jsonSchemaValidator(schema) : convictValidator(schema as ConvictSchema)
}

/**
 * Whether a value has the shape of a schema. The instance that `convict()` returns is not a schema, and neither is what
 * `startHotConfig()` returns, which a CommonJS module exports in place of its schema.
 */
export function isSchema(value: unknown): value is Schema {
  if (isStandardSchema(value) || typeof value === 'function') return true
  return isPlainObject(value) && typeof value['getProperties'] !== 'function' && !isStarted(value)
}

/** Whether it is a class, which can't be called. Classes that are compiled to functions are not found. */
function isClass(schema: Schema): boolean {
  return typeof schema === 'function' && /^class\b/.test(Function.prototype.toString.call(schema))
}

function isStandardSchema(schema: unknown): schema is StandardSchema {
  return (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema
}
