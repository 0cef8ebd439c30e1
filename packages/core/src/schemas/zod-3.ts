import type { Guess } from './form-of.js'

/** The part of a zod 3 schema that is used here. */
interface Zod3Schema {
  readonly _def?: {
    readonly typeName?: string
    readonly coerce?: unknown
    readonly shape?: () => Readonly<Record<string, Zod3Schema>>
    readonly catchall?: Zod3Schema
    readonly unknownKeys?: string
    /** Of what is optional, nullable, read-only or has a default. */
    readonly innerType?: Zod3Schema
    /** The items of an array, or what is branded. */
    readonly type?: Zod3Schema
    /** Of a refinement, a transformation or a preprocessing. */
    readonly schema?: Zod3Schema
    readonly effect?: { readonly type?: string; readonly transform?: unknown }
    /** The beginning and the end of a pipeline. */
    readonly in?: Zod3Schema
    readonly out?: Zod3Schema
    readonly options?: Iterable<Zod3Schema>
    readonly left?: Zod3Schema
    readonly right?: Zod3Schema
    readonly items?: readonly Zod3Schema[]
    readonly rest?: Zod3Schema | null
    readonly valueType?: Zod3Schema
  }
}

export function isZod3(schema: object): boolean {
  return (schema as Zod3Schema)._def?.typeName !== undefined
}

/**
 * Returns the input of a zod 3 schema as a JSON Schema, only for its names: zod 3 has no JSON form.
 *
 * @param guesses collects the calls that guess what a text means
 */
export function formOfZod3(schema: Zod3Schema, guesses: Guess[], path = ''): object {
  const {
    typeName,
    coerce,
    innerType,
    type,
    schema: inner,
    effect,
    in: input,
    out,
    options,
    left,
    right,
  } = schema._def ?? {}
  const formOf = (below: Zod3Schema, name?: string): object =>
    formOfZod3(below, guesses, name === undefined ? path : path === '' ? name : `${path}.${name}`)
  if (typeName === 'ZodBoolean' && coerce === true) guesses.push({ call: 'z.coerce.boolean()', path })
  if (effect?.transform === Boolean) guesses.push({ call: 'transform(Boolean)', path })
  // What a preprocessing returns, and the end of a pipeline, say nothing of the input. They may guess as well.
  if (typeName === 'ZodEffects' && inner) {
    const form = formOf(inner)
    return effect?.type === 'preprocess' ? {} : form
  }
  if (typeName === 'ZodArray' && type) return { type: 'array', items: formOf(type) }
  if (typeName === 'ZodBranded' && type) return formOf(type)
  if (innerType) return formOf(innerType)
  if (out) formOf(out)
  if (input) return formOf(input)
  if (options && typeName?.endsWith('Union')) return { anyOf: Array.from(options, (option) => formOf(option)) }
  if (left && right) return { allOf: [formOf(left), formOf(right)] }
  return containerForm(schema, formOf)
}

/** Types without names below them. The form of all is a text, because only its names count. */
const LEAVES = /^Zod(?:String|Number|NaN|BigInt|Boolean|Date|Literal|Enum|NativeEnum|Null|Undefined|Never)$/

function containerForm(schema: Zod3Schema, formOf: (below: Zod3Schema, name?: string) => object): object {
  const { typeName, shape, catchall, unknownKeys, items, rest, valueType } = schema._def ?? {}
  if (typeName === 'ZodObject' && shape) {
    const properties = Object.fromEntries(Object.entries(shape()).map(([name, below]) => [name, formOf(below, name)]))
    const others = catchall?._def?.typeName === 'ZodNever' ? undefined : catchall
    const isOpen = others !== undefined || unknownKeys === 'passthrough'
    return { type: 'object', properties, ...(isOpen && { additionalProperties: others ? formOf(others) : {} }) }
  }
  if (typeName === 'ZodTuple' && items) {
    return { type: 'array', prefixItems: items.map((item) => formOf(item)), ...(rest && { items: formOf(rest) }) }
  }
  if (typeName === 'ZodRecord' && valueType) return { type: 'object', additionalProperties: formOf(valueType) }
  return typeName !== undefined && LEAVES.test(typeName) ? { type: 'string' } : {}
}
