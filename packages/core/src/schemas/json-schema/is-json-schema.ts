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
 * 2. So is an object with a keyword that holds what only a JSON Schema holds there, such as a JSON type as `type`, or
 *    schemas in `properties`. If another name has a convict entry as well, both are possible, and it is rejected.
 * 3. An object with entries of convict, which have a `default` and a `format`, is a convict schema.
 * 4. An object with a keyword that both may have is rejected, and so is one whose names all hold a JSON Schema.
 * 5. Everything else is a convict schema.
 *
 * @throws {OptionError} when both are possible
 */
export function isJsonSchema(schema: object): schema is JsonSchema {
  if (isMarked(schema)) return true
  const given = schema as Record<string, unknown>
  const sign = signOf(given)
  if (sign !== undefined) {
    const entry = entryIn(given)
    if (entry !== undefined) throw ambiguous(`${sign} makes it a JSON Schema and ${entry} a convict schema`)
    return true
  }
  const hint = hasEntries(given, isEntry) ? undefined : hintOf(given)
  if (hint !== undefined) throw ambiguous(`${hint} may belong to a JSON Schema and to a convict schema`)
  const [first, ...others] = Object.keys(given)
  if (first !== undefined && [first, ...others].every((name) => isTyped(given[name]))) {
    const instead = "write { type: 'object', properties: { ... } } around them"
    throw ambiguous(`${first} may be a JSON Schema and a section of a convict schema`, instead)
  }
  return false
}

function ambiguous(reason: string, instead = 'add $schema'): OptionError {
  return new OptionError(
    `schema: ${reason}. ` +
      `For a JSON Schema, ${instead}. For a convict schema, write entries as { default: ... }, with a format`,
  )
}

/** Whether it is what `properties` of a JSON Schema hold. convict would take its keywords for entries, or ignore them. */
function isTyped(node: unknown): boolean {
  if (!isPlainObject(node) || isMarked(node) || isEntry(node)) return false
  return isType(node['type']) && Object.keys(node).every(isKeyword)
}

/** Whether it says itself that it is a JSON Schema. */
export function isMarked(schema: object): boolean {
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

type Given = Readonly<Record<string, unknown>>

/** The keywords that make an object a JSON Schema, with what they must hold. */
const SIGNS: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: isType,
  properties: hasSchemas,
  patternProperties: hasSchemas,
  $ref: isText,
  $id: isText,
  $defs: hasSchemas,
  definitions: hasSchemas,
  dependentSchemas: hasSchemas,
  additionalProperties: isSchema,
  unevaluatedProperties: isSchema,
  propertyNames: isSchema,
  items: isSchema,
  prefixItems: isListOfSchemas,
  contains: isSchema,
  allOf: isListOfSchemas,
  anyOf: isListOfSchemas,
  oneOf: isListOfSchemas,
  not: isSchema,
  if: isSchema,
}

/** Returns the keyword that makes it a JSON Schema. */
function signOf(schema: Given): string | undefined {
  return Object.keys(SIGNS).find((keyword) => SIGNS[keyword]?.(schema[keyword])) ?? signBesideProperties(schema)
}

function signBesideProperties({ properties, required, ...schema }: Given): string | undefined {
  if (!isPlainObject(properties)) return undefined
  if (isListOfTexts(required) && required.some((name) => Object.hasOwn(properties, name))) return 'required'
  return ['additionalProperties', 'unevaluatedProperties'].find((keyword) => typeof schema[keyword] === 'boolean')
}

/** Keywords that only validate, with the type of what they hold. */
const VALIDATION: ReadonlyMap<string, string> = new Map([
  ...(
    'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minContains ' +
    'maxContains minProperties maxProperties'
  )
    .split(' ')
    .map((keyword) => [keyword, 'number'] as const),
  ['pattern', 'string'],
  ['uniqueItems', 'boolean'],
])

/** Keywords that only describe. convict has `doc` for it. */
const DESCRIPTION: ReadonlyMap<string, string> = new Map([
  ['title', 'string'],
  ['description', 'string'],
  ['$comment', 'string'],
  ['format', 'string'],
  ['examples', 'object'],
  ['deprecated', 'boolean'],
  ['readOnly', 'boolean'],
  ['writeOnly', 'boolean'],
])

function hasAnyOf(keywords: ReadonlyMap<string, string>, node: Given): boolean {
  return Object.keys(node).some((name) => keywords.get(name) === typeof node[name])
}

/** Returns a keyword that both a JSON Schema and a convict schema without formats may have. */
function hintOf(schema: Given): string | undefined {
  const { properties, required } = schema
  if (!isPlainObject(properties)) {
    const isAlone = Object.keys(schema).every(isKeyword)
    return isAlone && isListOfTexts(required) ? 'required' : undefined
  }
  const nodes = Object.values(properties).filter(isPlainObject)
  if (nodes.some((node) => hasAnyOf(VALIDATION, node) || hasAnyOf(DESCRIPTION, node))) return 'properties'
  const isDescribed = nodes.length > 0 && nodes.length === Object.keys(properties).length
  return isDescribed ? ['title', 'description', '$comment'].find((keyword) => isText(schema[keyword])) : undefined
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}

function isListOfSchemas(value: unknown): boolean {
  return Array.isArray(value) && value.some(isSchema)
}

function isType(type: unknown): boolean {
  return Array.isArray(type) ? type.length > 0 && type.every((each) => TYPES.has(each)) : TYPES.has(type)
}

function hasSchemas(schemas: unknown): boolean {
  return isPlainObject(schemas) && Object.values(schemas).some(isSchema)
}

function isSchema(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  const isValidated = hasAnyOf(VALIDATION, value) || isListOfTexts(value['required'])
  return (
    isMarked(value) ||
    signOf(value) !== undefined ||
    Array.isArray(value['enum']) ||
    'const' in value ||
    (isValidated && Object.keys(value).every(isKeyword) && !hasConvictWords(value) && !isEntry(value))
  )
}

function isKeyword(name: string): boolean {
  return KEYWORDS.has(name) || VALIDATION.has(name) || name.startsWith('x-')
}

/** The first name with a convict entry, or with a section of entries. */
function entryIn(schema: Given): string | undefined {
  const others = Object.keys(schema).filter((name) => !KEYWORDS.has(name) && !name.startsWith('x-'))
  const entry = others.find((name) => hasDefault(schema[name]))
  if (entry !== undefined) return entry
  // Without a keyword for structure, the other names may be convict entries in their short form.
  if (!Object.keys(schema).some((name) => STRUCTURE.has(name))) return others[0]
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {}
  const name = Object.keys(properties).find(
    (each) => !isSchema(properties[each]) && hasEntries(properties[each], hasConvictWords),
  )
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

/** Whether it is an entry of convict, or a section that has one. */
function hasEntries(node: unknown, isSuch: (node: Given) => boolean): boolean {
  if (!isPlainObject(node)) return false
  if (isSuch(node)) return true
  const sections = 'default' in node ? [] : Object.keys(node).filter((name) => !name.startsWith('x-'))
  return sections.some((name) => hasEntries(node[name], isSuch))
}

/** Whether it is a complete entry of convict, although it may be a schema with a default as well. */
function isEntry(node: Given): boolean {
  return 'default' in node && ('format' in node || hasConvictWords(node))
}

/** The formats that only convict has. */
const FORMATS = new Set<unknown>(
  (
    '* int integer nat port port_or_windows_named_pipe windows_named_pipe ipaddress timestamp ' +
    'Object Array String Number Boolean RegExp'
  ).split(' '),
)

/** Whether it has what only an entry of convict has. */
function hasConvictWords({ format, env, arg, doc, ...others }: Given): boolean {
  const isDocumented = 'default' in others && (typeof doc === 'string' || FORMATS.has(format))
  return isDocumented || isText(env) || isText(arg) || (format !== undefined && typeof format !== 'string')
}
