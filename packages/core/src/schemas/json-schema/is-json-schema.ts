import { OptionError } from '../../errors/errors.js'
import { isPlainObject } from '../../trees/tree.js'
import type { FluentSchema, JsonSchema } from './types.js'

const TYPES = new Set<unknown>(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])

/** The keywords of draft-07, 2019-09 and 2020-12 for objects, and those for any value. */
const KEYWORDS = new Set(
  (
    '$schema $id $ref $anchor $defs $comment $dynamicRef $dynamicAnchor $vocabulary $recursiveRef $recursiveAnchor ' +
    'definitions id title description default examples deprecated readOnly writeOnly type enum const allOf anyOf oneOf ' +
    'not if then else properties patternProperties additionalProperties unevaluatedProperties propertyNames required ' +
    'minProperties maxProperties dependencies dependentRequired dependentSchemas items additionalItems prefixItems ' +
    'contains format nullable discriminator errorMessage'
  ).split(' '),
)

/**
 * Tells a JSON Schema from a convict schema, which may have entries named `type` or `properties` as well:
 *
 * 1. An object with `$schema`, or with the mark of TypeBox or fluent-json-schema, is a JSON Schema.
 * 2. So is an object with a JSON type as `type`, with schemas in `properties`, with `$ref`, or with schemas in `allOf`,
 *    `anyOf` or `oneOf`. If another name has a convict entry as well, both are possible, and it is rejected.
 * 3. Everything else is a convict schema.
 *
 * @throws {OptionError} when both are possible
 */
export function isJsonSchema(schema: object): schema is JsonSchema {
  if (isMarked(schema)) return true
  const given = schema as Record<string, unknown>
  const sign = signOf(given)
  if (sign === undefined) return false
  const entry = entryIn(given)
  if (entry === undefined) return true
  throw new OptionError(
    `schema: ${sign} makes it a JSON Schema and ${entry} a convict schema. ` +
      'For a JSON Schema, add $schema. For a convict schema, write entries as { default: ... }, with a format',
  )
}

function isMarked(schema: object): boolean {
  return (
    ('$schema' in schema && typeof schema.$schema === 'string') ||
    '~kind' in schema ||
    Symbol.for('TypeBox.Kind') in schema ||
    FLUENT in schema
  )
}

/** The mark on the objects of fluent-json-schema, which build a schema. */
const FLUENT = Symbol.for('fluent-schema-object')

/** Returns the plain JSON Schema, also for an object of fluent-json-schema. */
export function plainSchema(schema: JsonSchema | FluentSchema): JsonSchema {
  return FLUENT in schema ? schema.valueOf() : (schema as JsonSchema)
}

/** Returns the keyword that makes it a JSON Schema. */
function signOf(schema: Readonly<Record<string, unknown>>): string | undefined {
  const { type, properties, patternProperties } = schema
  if (isType(type)) return 'type'
  if (hasSchemas(properties)) return 'properties'
  if (hasSchemas(patternProperties)) return 'patternProperties'
  if (typeof schema['$ref'] === 'string') return '$ref'
  return ['allOf', 'anyOf', 'oneOf'].find((keyword) => {
    const choices = schema[keyword]
    return Array.isArray(choices) && choices.some(isSchema)
  })
}

function isType(type: unknown): boolean {
  return Array.isArray(type) ? type.length > 0 && type.every((each) => TYPES.has(each)) : TYPES.has(type)
}

function hasSchemas(schemas: unknown): boolean {
  return isPlainObject(schemas) && Object.values(schemas).some(isSchema)
}

function isSchema(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  return isMarked(value) || signOf(value) !== undefined || Array.isArray(value['enum']) || 'const' in value
}

/** The first name with a convict entry, or with a section of entries. */
function entryIn(schema: Readonly<Record<string, unknown>>): string | undefined {
  const others = Object.keys(schema).filter((name) => !KEYWORDS.has(name) && !name.startsWith('x-'))
  const entry = others.find((name) => hasDefault(schema[name]))
  if (entry !== undefined) return entry
  // Without a keyword for structure, the other names may be convict entries in their short form.
  if (!Object.keys(schema).some((name) => STRUCTURE.has(name))) return others[0]
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {}
  const name = Object.keys(properties).find((each) => !isSchema(properties[each]) && hasConvictWords(properties[each]))
  return name === undefined ? undefined : `properties.${name}`
}

const STRUCTURE = new Set([
  'properties',
  'patternProperties',
  'additionalProperties',
  'required',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
])

function hasDefault(node: unknown): boolean {
  return isPlainObject(node) && ('default' in node || Object.values(node).some(hasDefault))
}

function hasConvictWords(node: unknown): boolean {
  if (!isPlainObject(node)) return false
  const { format, env, arg } = node
  return typeof env === 'string' || typeof arg === 'string' || (format !== undefined && typeof format !== 'string')
}
