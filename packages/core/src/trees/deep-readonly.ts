/**
 * The type of `T` in a snapshot: all its properties are readonly.
 *
 * Lists are written as such, because TypeScript puts off the type of their items until it is needed. It maps a tuple at
 * once, which would have no end for a type that contains lists of itself, such as that of `z.json()`.
 */
export type DeepReadonly<T> = T extends Whole
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
    : T extends ReadonlySet<infer E>
      ? ReadonlySet<DeepReadonly<E>>
      : T extends Tuple
        ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
        : T extends readonly (infer E)[]
          ? readonly DeepReadonly<E>[]
          : T extends object
            ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
            : T

type Tuple = readonly [] | readonly [unknown, ...unknown[]] | readonly [...unknown[], unknown]

/**
 * Types that are kept as they are. Primitives are listed because branded primitives are object types too. Instances are
 * listed because types alone don't distinguish them from plain objects, and some look like maps.
 */
export type Whole =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | URL
  | URLSearchParams
  | Headers
  | FormData
  | Blob
  | AbortSignal
  | ArrayBuffer
  | ArrayBufferView
  | ((...args: never[]) => unknown)
  | (abstract new (...args: never[]) => unknown)
