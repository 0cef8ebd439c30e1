/** The type of `T` in a snapshot: all its properties are readonly. */
export type DeepReadonly<T> = T extends Whole
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
    : T extends ReadonlySet<infer E>
      ? ReadonlySet<DeepReadonly<E>>
      : T extends object
        ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
        : T

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
