type Primitive = string | number | bigint | boolean | symbol | null | undefined

/** `T` as it is in a snapshot: nothing in it can be assigned to. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends Primitive | Date | RegExp | ((...args: never[]) => unknown)
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
      : T extends ReadonlySet<infer E>
        ? ReadonlySet<DeepReadonly<E>>
        : { readonly [K in keyof T]: DeepReadonly<T[K]> }
