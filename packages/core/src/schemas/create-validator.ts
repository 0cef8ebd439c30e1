import { OptionError } from '../errors/errors.js'
import { hasMethods } from '../errors/has-methods.js'
import { isStarted } from '../errors/kind-of.js'
import type { ConvictSchema, Schema } from './schema.js'
import { isStandardSchema } from './standard-schema.js'
import { formatPath } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'
import { convictValidator } from './convict/validator.js'
import { functionValidator } from './function.js'
import { isJsonSchema, isMarked } from './json-schema/is-json-schema.js'
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
  if (isJsonSchema(schema)) return jsonSchemaValidator(schema)
  const path = schemaIn(schema)
  if (path !== undefined) {
    const instead = 'give one schema of the whole configuration, such as z.object({ ... })'
    throw new OptionError(`schema: ${path} is a schema itself, not an entry of convict: ${instead}`)
  }
  return convictValidator(schema as ConvictSchema)
}

/**
 * Finds a schema of another library in a convict schema. convict would take its parts for entries with defaults, so that
 * the schema becomes the configuration.
 */
function schemaIn(entries: object, above: readonly string[] = [], seen = new Set<unknown>()): string | undefined {
  if (seen.has(entries)) return undefined
  seen.add(entries)
  for (const [name, node] of Object.entries(entries) as [string, unknown][]) {
    const path = [...above, name]
    if (isStandardSchema(node) || (isPlainObject(node) && isMarked(node))) return formatPath(path)
    if (!isPlainObject(node)) continue
    const found = schemaIn('default' in node ? { default: node['default'] } : node, path, seen)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Whether a value has the shape of a schema. The instance that `convict()` returns is not a schema, and neither is what
 * `startHotConfig()` returns, which a CommonJS module exports in place of its schema.
 */
export function isSchema(value: unknown): value is Schema {
  if (isStandardSchema(value)) return hasMethods(value['~standard'], ['validate'])
  if (typeof value === 'function') return true
  return isPlainObject(value) && typeof value['getProperties'] !== 'function' && !isStarted(value)
}

/** Whether it is a class, which can't be called. Classes that are compiled to functions are not found. */
function isClass(schema: Schema): boolean {
  return typeof schema === 'function' && /^class\b/.test(Function.prototype.toString.call(schema))
}
