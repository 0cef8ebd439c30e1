/** `T` as it is in a snapshot: nothing in it can be assigned to. */
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
 * What is kept as it is. Primitives are named since branded ones are objects as well, and instances since nothing else
 * tells them from plain objects, and some look like maps.
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
