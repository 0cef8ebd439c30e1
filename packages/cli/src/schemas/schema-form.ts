import type { Schema } from '@hot-config/core'
import { isJsonSchema, leavesOf, ownAt, plainSchema } from '@hot-config/core/internal'

/** The part of JSON Schema that is used here, with the marks of this project. */
export interface JsonForm {
  readonly $schema?: string
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonForm[]
  readonly oneOf?: readonly JsonForm[]
  readonly properties?: Readonly<Record<string, JsonForm>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly writeOnly?: boolean
  readonly sensitive?: boolean
  /** The environment variable of convict that overrides the value. */
  readonly 'x-env'?: string
  readonly additionalProperties?: unknown
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/** A Standard Schema with its JSON form: https://standardschema.dev/json-schema */
interface WithJsonForm {
  readonly '~standard': {
    readonly vendor: string
    readonly jsonSchema?: { input(options: object): unknown }
  }
}

type Leaf = ReturnType<typeof leavesOf> extends Generator<infer Yielded> ? Yielded : never

/** The entries of a convict schema, none for a schema of another kind. */
export function convictEntriesOf(schema: Schema): Leaf[] {
  const isConvict = typeof schema === 'object' && !('~standard' in schema) && !isJsonSchema(schema)
  return isConvict ? Array.from(leavesOf(schema)) : []
}

/**
 * Converts a schema to a JSON Schema of what the sources may hold.
 *
 * @throws {Error} for a schema that can't tell, such as a function
 */
export function jsonFormOf(schema: Schema): JsonForm {
  if ('~standard' in schema) return formOfStandard(schema as WithJsonForm)
  if (typeof schema === 'function') throw new Error('a function does not tell what it accepts')
  if (isJsonSchema(schema)) return { $schema: DIALECT, ...plainSchema(schema) } as JsonForm
  return { $schema: DIALECT, ...formOfConvict(schema as Record<string, unknown>) }
}

function formOfStandard({ '~standard': { vendor, jsonSchema } }: WithJsonForm): JsonForm {
  if (!jsonSchema) {
    const advice =
      vendor === 'valibot'
        ? 'wrap it in toStandardJsonSchema() of @valibot/to-json-schema'
        : 'use a newer version of it'
    throw new Error(`this schema of ${vendor} has no JSON form: ${advice}`)
  }
  const libraryOptions = vendor === 'zod' ? { unrepresentable: 'any' } : {}
  return jsonSchema.input({ target: 'draft-2020-12', libraryOptions }) as JsonForm
}

function formOfConvict(schema: Record<string, unknown>): JsonForm {
  const leaves = new Map(convictEntriesOf(schema).map((leaf) => [leaf.path, leaf]))
  const needed = new Set<JsonForm>()
  const visit = (node: Record<string, unknown>, path: readonly string[]): JsonForm => {
    const properties = Object.entries(node).map(([name, below]): [string, JsonForm] => {
      const leaf = leaves.get([...path, name].join('.'))
      if (!leaf) return [name, visit(below as Record<string, unknown>, [...path, name])]
      const doc = ownAt(below, 'doc')
      const isRequired = leaf.byDefault === null && ownAt(below, 'nullable') !== true
      const form: JsonForm = {
        ...formOfFormat(leaf.format, leaf.byDefault),
        ...(typeof doc === 'string' && { description: doc }),
        ...(!isRequired && leaf.byDefault !== undefined && { default: leaf.byDefault }),
        ...(leaf.sensitive && { writeOnly: true }),
        ...(leaf.isOpen && { sensitive: false }),
        ...(leaf.env !== undefined && { 'x-env': leaf.env }),
      }
      if (isRequired) needed.add(form)
      return [name, form]
    })
    // a section that has a required entry is required as well
    const required = properties.filter(([, form]) => form.required || needed.has(form)).map(([name]) => name)
    return {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    }
  }
  return visit(schema, [])
}

/** The formats of convict, and what a ConfigMap holds for them. */
const CONVICT_FORMATS: Readonly<Record<string, JsonForm>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  array: { type: 'array' },
  object: { type: 'object' },
  regexp: { type: 'string', format: 'regex' },
  int: { type: 'integer' },
  integer: { type: 'integer' },
  nat: { type: 'integer', minimum: 0 },
  port: { type: 'integer', minimum: 0, maximum: 65_535 },
  url: { type: 'string', format: 'uri' },
  email: { type: 'string', format: 'email' },
  ipaddress: { type: 'string' },
  duration: { type: ['integer', 'string'] },
  timestamp: { type: ['integer', 'string'] },
}

function formOfFormat(format: unknown, byDefault: unknown): JsonForm {
  if (Array.isArray(format)) return { enum: format }
  const name = typeof format === 'function' ? format.name : format
  if (typeof name === 'string') return CONVICT_FORMATS[name.toLowerCase()] ?? {}
  // as convict does without a format
  return (byDefault !== null && CONVICT_FORMATS[Array.isArray(byDefault) ? 'array' : typeof byDefault]) || {}
}
