import { formOfAll } from './form-of.js'
import type { Form, FormOf, Guess } from './form-of.js'
import { marksIn } from './json-schema/marked-paths.js'

/** The part of a schema of zod 4 that is used here. See https://zod.dev/library-authors */
interface ZodMiniSchema {
  readonly _zod?: { readonly def?: Definition }
}

interface Definition {
  readonly type?: string
  readonly coerce?: unknown
  readonly shape?: Readonly<Record<string, ZodMiniSchema>>
  readonly catchall?: ZodMiniSchema
  /** The items of an array. */
  readonly element?: ZodMiniSchema
  readonly items?: readonly ZodMiniSchema[]
  readonly rest?: ZodMiniSchema | null
  /** The schema of the keys of a record. */
  readonly keyType?: ZodMiniSchema
  readonly valueType?: ZodMiniSchema
  readonly options?: readonly ZodMiniSchema[]
  readonly left?: ZodMiniSchema
  readonly right?: ZodMiniSchema
  /** Of what is optional, nullable, read-only or has a default. */
  readonly innerType?: ZodMiniSchema
  /** The beginning and the end of a pipe. */
  readonly in?: ZodMiniSchema
  readonly out?: ZodMiniSchema
  /** Of a lazy schema. */
  readonly getter?: () => ZodMiniSchema
  /** Of a transformation. */
  readonly transform?: unknown
  /** Of a template: texts and schemas. */
  readonly parts?: readonly unknown[]
}

/** Types without names below them. The form of all is a text, because only its names count. */
const LEAVES = new Set(
  'string number int bigint boolean date literal enum null undefined void nan never symbol template_literal file'.split(
    ' ',
  ),
)

/**
 * Converts a schema to a JSON Schema with names and marks: the schemas of zod/mini, and those of zod 4.0 and 4.1, have
 * no JSON form of their own.
 */
export function formOfZodMini(root: ZodMiniSchema): Form {
  return formOfAll(root, (schema, formOf) => {
    const { type, ...rest } = schema._zod?.def ?? {}
    return { ...metadataOf(schema), allOf: [structureOf(type, rest, formOf)] }
  })
}

/**
 * Converts a schema of any zod 4 with all schemas inside of it: also the later ones of a pipe, which the JSON form of the
 * input does not have, and those in the middle, which that of the output does not have either. Only its marks count.
 *
 * @param guesses collects the calls that guess what a text means
 */
export function wholeFormOfZod(root: ZodMiniSchema, guesses: Guess[]): Form {
  return formOfAll(root, (schema, formOf, path) => {
    const { type, coerce, transform, parts = [], ...rest } = schema._zod?.def ?? {}
    if (type === 'boolean' && coerce === true) guesses.push({ call: 'z.coerce.boolean()', path })
    if (transform === Boolean) guesses.push({ call: 'transform(Boolean)', path })
    const { in: input, out: output, getter } = rest
    const inside = [input, output, getter, ...parts].filter((part) => isSchema(part)).map((part) => formOf(part))
    return { ...metadataOf(schema), allOf: inside.length > 0 ? inside : [structureOf(type, rest, formOf)] }
  })
}

function isSchema(part: unknown): part is ZodMiniSchema | (() => ZodMiniSchema) {
  return typeof part === 'function' || (typeof part === 'object' && part !== null)
}

function structureOf(
  type: string | undefined,
  { shape, catchall, element, items, rest, keyType, valueType, options, left, right, innerType, in: input }: Definition,
  formOf: FormOf<ZodMiniSchema>,
): object {
  if (shape) {
    const properties = Object.fromEntries(Object.entries(shape).map(([name, below]) => [name, formOf(below, name)]))
    const others = catchall && catchall._zod?.def?.type !== 'never' ? { additionalProperties: formOf(catchall) } : {}
    return { type: 'object', properties, ...others }
  }
  if (element) return { type: 'array', items: formOf(element) }
  if (items)
    return { type: 'array', prefixItems: items.map((item) => formOf(item)), ...(rest && { items: formOf(rest) }) }
  if (keyType && valueType) {
    return { type: 'object', propertyNames: formOf(keyType), additionalProperties: formOf(valueType) }
  }
  if (valueType) return { type: 'array', items: formOf(valueType) }
  if (options) return { anyOf: options.map((option) => formOf(option)) }
  if (left && right) return { allOf: [formOf(left), formOf(right)] }
  if (innerType) return formOf(innerType)
  // The input of a preprocessing can be any value.
  if (input) return input._zod?.def?.type === 'transform' ? {} : formOf(input)
  return type !== undefined && LEAVES.has(type) ? { type: 'string' } : {}
}

/** The marks that the program registered for a schema. The registry is the same for all copies of zod. */
function metadataOf(schema: ZodMiniSchema): object {
  const { __zod_globalRegistry: registry } = globalThis as { readonly __zod_globalRegistry?: Registry }
  return marksIn(registry?.get(schema) ?? {})
}

interface Registry {
  get(schema: ZodMiniSchema): object | undefined
}
