/** A JSON Schema of draft-06, draft-07, 2019-09 or 2020-12, also one that TypeBox made. ajv validates by it. */
export interface JsonSchema {
  readonly $schema?: string
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: object
  readonly patternProperties?: object
  readonly allOf?: readonly unknown[]
  readonly anyOf?: readonly unknown[]
  readonly oneOf?: readonly unknown[]
}

/** An object of fluent-json-schema, which builds a JSON Schema. */
export interface FluentSchema {
  readonly isFluentJSONSchema: boolean
  valueOf(): object
}

/** The types that tell a JSON Schema from a convict schema. */
export type JsonSchemaForm =
  | { readonly $schema: string }
  | { readonly $ref: string }
  | { readonly $id: string }
  | { readonly properties: object; readonly required: readonly string[] }
  | { readonly type: TypeName | readonly TypeName[] }
  | { readonly type: string; readonly properties: object }
  | { readonly '~kind': string }
  | FluentSchema
  | { readonly static: unknown; readonly params: readonly unknown[] }
  | { readonly allOf: readonly object[] }
  | { readonly anyOf: readonly object[] }
  | { readonly oneOf: readonly object[] }

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

/**
 * The type of the configuration. Schemas of TypeBox 0.34 carry it. For others it is inferred from the literal types.
 */
export type InferJsonSchema<S> = S extends { readonly static: unknown; readonly params: readonly unknown[] }
  ? (S & { params: [] })['static']
  : S extends FluentSchema
    ? Record<string, unknown>
    : unknown extends FromSchema<S>
      ? Record<string, unknown>
      : FromSchema<S>

// A conditional type, so that editors show the result and not the name of this type.
type FromSchema<S> = [S] extends [infer O]
  ? FromKeywords<O> | (O extends { readonly nullable: true } ? null : never)
  : never

type FromKeywords<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer Choice)[] } | { readonly oneOf: readonly (infer Choice)[] }
      ? FromEach<Choice>
      : S extends { readonly allOf: readonly [infer First, ...infer Rest] }
        ? FromAll<[First, ...Rest]>
        : S extends { readonly type: infer T }
          ? FromType<S, T extends readonly (infer Each)[] ? Each : T>
          : unknown

type FromEach<S> = S extends unknown ? FromSchema<S> : never

type FromAll<Schemas> = Schemas extends readonly [infer First, ...infer Rest]
  ? FromSchema<First> & FromAll<Rest>
  : unknown

type FromType<S, T> = T extends 'string'
  ? string
  : T extends 'number' | 'integer'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? FromArray<S>
          : T extends 'object'
            ? FromObject<S>
            : unknown

type FromArray<S> = S extends { readonly items: infer Items }
  ? Items extends readonly unknown[]
    ? { -readonly [K in keyof Items]: FromSchema<Items[K]> }
    : FromSchema<Items>[]
  : unknown[]

type FromObject<S> = S extends { readonly properties: infer P }
  ? Flatten<
      { -readonly [K in keyof P as K extends PresentKey<S, P> ? K : never]: FromSchema<P[K]> } & {
        -readonly [K in keyof P as K extends PresentKey<S, P> ? never : K]?: FromSchema<P[K]>
      }
    >
  : S extends { readonly patternProperties: infer P }
    ? Record<string, FromEach<P[keyof P]>>
    : S extends { readonly additionalProperties: infer A extends object }
      ? Record<string, FromSchema<A>>
      : Record<string, unknown>

/** Properties that are required or have a default are always present. */
type PresentKey<S, P> =
  | RequiredKey<S>
  | { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P]

type RequiredKey<S> = S extends { readonly required: readonly (infer R)[] } ? (string extends R ? never : R) : never

type Flatten<T> = T extends infer O ? { [K in keyof O]: O[K] } : never
