/** `T` as it is in a snapshot: nothing in it can be assigned to. */
export type DeepReadonly<T> = T extends object
  ? T extends Date | RegExp | ((...args: never[]) => unknown)
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
      : T extends ReadonlySet<infer E>
        ? ReadonlySet<DeepReadonly<E>>
        : { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T
