import type { FluentSchema, InferJsonSchema, JsonSchema, JsonSchemaForm } from './json-schema/types.js'
import type { StandardOutput, StandardSchema } from './standard-schema.js'

/** A schema: a convict schema, a Standard Schema (zod, valibot ...), a JSON Schema or a function. */
export type Schema =
  | StandardSchema
  | ((input: Record<string, unknown>) => unknown)
  | ConvictSchema
  | JsonSchema
  | FluentSchema

/** The argument of `convict()`: nested objects whose leaves have a `default`. */
export interface ConvictSchema {
  readonly [key: string]: unknown
}

/**
 * Returns the schema unchanged and keeps its literal types. Without it, `format: 'port'` in a variable has the type
 * `string`, and the type of `config.current` is imprecise.
 */
export function defineSchema<const S extends Schema>(schema: S): S {
  return schema
}

/** The type of the configuration that a schema describes. Without a schema: `Record<string, unknown>`. */
export type InferConfig<S> = undefined extends S
  ? Record<string, unknown>
  : S extends StandardSchema
    ? StandardOutput<S>
    : S extends (input: Record<string, unknown>) => infer R
      ? Awaited<R>
      : S extends JsonSchemaForm
        ? InferJsonSchema<S>
        : Flatten<{ -readonly [K in keyof S]: ConvictValue<S[K]> }>

/**
 * Expands a type. By way of `infer`, so that editors and error messages show the result and not the name of this type; the
 * same is true for conditional types below that look unnecessary.
 */
type Flatten<T> = T extends infer O ? { [K in keyof O]: O[K] } : never

/** By the rule of convict, a node is a leaf when it has a `default`, is empty or is not an object. */
type ConvictValue<N> = N extends { readonly default: infer D }
  ? ConvictEntry<N, N extends { readonly format: infer F } ? F : undefined, D>
  : N extends Primitive | readonly unknown[]
    ? Widen<N>
    : Flatten<{ -readonly [K in keyof N]: ConvictValue<N[K]> }>

type ConvictEntry<N, F, D> = [N] extends [infer E] ? ConvictFormat<F, D> | ConvictNull<E, F, D> : never

/** A default of `null` means "required", unless the entry is nullable or its format may accept `null`. */
type ConvictNull<N, F, D> = [N] extends [infer E]
  ? | (E extends { readonly nullable: infer B } ? (true extends B ? null : never) : never)
    | Extract<D, FormatNull<F>>
    | (undefined extends D ? undefined : never)
  : never

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

/** The type of the default, or the type that the format implies when there is no default. */
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

/** The type of a literal default: `string` for `'info'`, `unknown[]` for `[]`. */
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
