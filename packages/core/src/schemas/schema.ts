import type { FluentSchema, InferJsonSchema, JsonSchema, JsonSchemaForm } from './json-schema/types.js'
import type { StandardOutput, StandardSchema } from './standard-schema.js'

/** What a configuration must be: a convict schema, a Standard Schema (zod, valibot ...), a JSON Schema or a function. */
export type Schema =
  | StandardSchema
  | ((input: Record<string, unknown>) => unknown)
  | ConvictSchema
  | JsonSchema
  | FluentSchema

/** The object that `convict()` takes: nested objects whose leaves have a `default`. */
export interface ConvictSchema {
  readonly [key: string]: unknown
}

/**
 * Returns the schema as it is, and keeps its literal types. In a variable without it, `format: 'port'` has the type
 * `string`, and `config.current` no precise type.
 */
export function defineSchema<const S extends Schema>(schema: S): S {
  return schema
}

/** The configuration that a schema gives. Without a schema: `Record<string, unknown>`. */
export type InferConfig<S> = undefined extends S
  ? Record<string, unknown>
  : S extends StandardSchema
    ? StandardOutput<S>
    : S extends (input: Record<string, unknown>) => infer R
      ? Awaited<R>
      : S extends JsonSchemaForm
        ? InferJsonSchema<S>
        : Flatten<{ -readonly [K in keyof S]: ConvictValue<S[K]> }>

type Flatten<T> = { [K in keyof T]: T[K] }

/** A node is a leaf when it has a `default`, is empty or is no object: convict's own rule. */
type ConvictValue<N> = N extends { readonly default: infer D }
  ? ConvictEntry<N, N extends { readonly format: infer F } ? F : undefined, D>
  : N extends Primitive | readonly unknown[]
    ? Widen<N>
    : Flatten<{ -readonly [K in keyof N]: ConvictValue<N[K]> }>

type ConvictEntry<N, F, D> = ConvictFormat<F, D> | ConvictNull<N, F, D>

/** A `null` as default only stands for "has to be given", unless the entry is nullable or its format may take `null`. */
type ConvictNull<N, F, D> =
  | (N extends { readonly nullable: infer B } ? (true extends B ? null : never) : never)
  | Extract<D, FormatNull<F>>
  | (undefined extends D ? undefined : never)

type FormatNull<F> = F extends
  | ArrayConstructor
  | BooleanConstructor
  | NumberConstructor
  | ObjectConstructor
  | RegExpConstructor
  | StringConstructor
  ? never
  : F extends '*' | undefined | ((...args: never[]) => unknown)
    ? null
    : never

type ConvictFormat<F, D> = F extends readonly (infer Options)[]
  ? Options
  : F extends 'port' | 'nat' | 'int' | 'integer' | 'Number' | 'number' | 'duration' | 'timestamp' | NumberConstructor
    ? number
    : F extends 'Boolean' | BooleanConstructor
      ? boolean
      : F extends 'String' | 'url' | 'email' | 'ipaddress' | StringConstructor
        ? string
        : F extends 'RegExp' | RegExpConstructor
          ? RegExp
          : F extends 'port_or_windows_named_pipe'
            ? number | string
            : ConvictDefault<F, Exclude<D, null | undefined>>

/** What the default stands for; where there is none, what the format says of itself. */
type ConvictDefault<F, D> = [D] extends [never]
  ? F extends 'Array' | ArrayConstructor
    ? unknown[]
    : F extends 'Object' | ObjectConstructor
      ? Record<string, unknown>
      : F extends undefined
        ? null
        : unknown
  : Widen<D>

type Primitive = string | number | bigint | boolean | null | undefined

/** The type that a literal default stands for: `'info'` for `string`, `[]` for `unknown[]`. */
type Widen<D> = D extends string
  ? string
  : D extends number
    ? number
    : D extends boolean
      ? boolean
      : D extends readonly []
        ? unknown[]
        : D extends readonly (infer E)[]
          ? Widen<E>[]
          : D extends object
            ? D extends Date | RegExp | ((...args: never[]) => unknown)
              ? D
              : keyof D extends never
                ? Record<string, unknown>
                : { -readonly [K in keyof D]: Widen<D[K]> }
            : D
