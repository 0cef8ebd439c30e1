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
  /** The beginning of a pipe. */
  readonly in?: ZodMiniSchema
}

/** Types without names below them. The form of all is a text, because only its names count. */
const LEAVES = new Set(
  'string number int bigint boolean date literal enum null undefined void nan never symbol template_literal file'.split(
    ' ',
  ),
)

/**
 * Returns the input of a schema as a JSON Schema with names and marks: the schemas of zod/mini, and those of zod 4.0
 * and 4.1, have no JSON form of their own.
 *
 * @param guesses collects the paths at which the schema guesses what a text means
 */
export function formOfZodMini(schema: ZodMiniSchema, guesses: string[]): object {
  return formIn(schema, { guesses, path: '', around: [], ids: new Map() })
}

interface Context {
  readonly guesses: string[]
  readonly path: string
  /** The schemas around this one. One of them may be inside of itself. */
  readonly around: readonly ZodMiniSchema[]
  readonly ids: Map<ZodMiniSchema, number>
}

function formIn(schema: ZodMiniSchema, context: Context): object {
  const { guesses, path, around, ids } = context
  const id = ids.get(schema) ?? ids.size
  ids.set(schema, id)
  if (around.includes(schema)) return { $ref: `#schema-${id}` }
  const formOf = (below: ZodMiniSchema, name?: string): object =>
    formIn(below, {
      ...context,
      around: [...around, schema],
      path: name === undefined ? path : path === '' ? name : `${path}.${name}`,
    })
  const { type, coerce, ...rest } = schema._zod?.def ?? {}
  if (type === 'boolean' && coerce === true) guesses.push(path)
  return { ...metadataOf(schema), ...(rest.shape && { $anchor: `schema-${id}` }), ...structureOf(type, rest, formOf) }
}

function structureOf(
  type: string | undefined,
  { shape, catchall, element, items, rest, keyType, valueType, options, left, right, innerType, in: input }: Definition,
  formOf: (below: ZodMiniSchema, name?: string) => object,
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
  return registry?.get(schema) ?? {}
}

interface Registry {
  get(schema: ZodMiniSchema): object | undefined
}
