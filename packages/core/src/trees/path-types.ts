import type { DeepReadonly, Whole } from './deep-readonly.js'

/** The depth of typed paths. */
type Depth = [never, 0, 1, 2, 3, 4, 5, 6, 7]

/** Types that no path leads into. */
type Leaf = Whole | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>

/**
 * Every dotted path into `T`: `log`, `log.level`, `servers[0].host`, `labels["a.b"]`. Any string where `T` is not
 * known.
 */
export type Path<T> = unknown extends T ? string : Below<T, '', 8, never>

/**
 * @typeParam Around the types that `T` is within: in a recursive type, the paths would multiply with each level. Each of
 * them as a function type that only that of an identical type extends
 */
type Below<T, Here extends string, D extends number, Around> = [D] extends [never]
  ? never
  : T extends Leaf | readonly unknown[]
    ? never
    : string extends keyof T
      ? Anything<Here>
      : // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it is what makes identity matter
        (<X>() => X extends T ? 1 : 2) extends Around
        ? Anything<Here>
        : // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the same
          Each<T, keyof T & string, Here, D, Around | (<X>() => X extends T ? 1 : 2)>

type Anything<Here extends string> = Here extends '' ? string : `${Here}.${string}` | `${Here}[${string}`

type Each<T, K extends keyof T & string, Here extends string, D extends number, Around> = K extends string
  ? At<T[K], Join<Here, K>, D, Around>
  : never

/** Writes a key as {@link formatPath} does; `never` for keys that need escapes. */
type Join<Here extends string, K extends string> = K extends '' | `${string}${'.' | '[' | ']'}${string}`
  ? K extends `${string}${'"' | '\\'}${string}`
    ? never
    : `${Here}["${K}"]`
  : Here extends ''
    ? K
    : `${Here}.${K}`

/** A conditional type, because TypeScript would print the name of a union in messages instead of the paths. */
type At<V, Here extends string, D extends number, Around> = [D] extends [never]
  ? Here
  : | Here
    | (unknown extends V
        ? Anything<Here>
        : NonNullable<V> extends readonly (infer E)[]
          ? At<E, `${Here}[${number}]`, Depth[D], Around>
          : Below<NonNullable<V>, Here, Depth[D], Around>)

/**
 * The type of the value at a dotted path of `T`, with `undefined` where a part of the path may be missing. Splits the
 * path as {@link parsePath} does.
 */
export type PathValue<T, P extends string> = unknown extends T
  ? unknown
  : [T] extends [Leaf]
    ? undefined
    : P extends `.${infer Rest}`
      ? PathValue<T, Rest>
      : P extends `["${infer K}"]${infer Rest}`
        ? ValueBelow<ValueOf<T, K>, Rest>
        : P extends `[${infer Index extends number}]${infer Rest}`
          ? ValueBelow<ValueOf<T, Index>, Rest>
          : P extends `${infer Before}.${infer After}`
            ? Before extends `${infer K}[${infer Rest}`
              ? ValueBelow<ValueOf<T, K>, `[${Rest}.${After}`>
              : ValueBelow<ValueOf<T, Before>, After>
            : P extends `${infer K}[${infer Rest}`
              ? ValueBelow<ValueOf<T, K>, `[${Rest}`>
              : ValueOf<T, P>

/** The type of the value of an object, a record, an array or a tuple at one segment. */
type ValueOf<T, K> = T extends readonly (infer E)[]
  ? K extends number | `${number}`
    ? `${K}` extends infer Item extends keyof T
      ? T[Item]
      : E | undefined
    : unknown
  : K extends keyof T
    ? T[K] | (string extends keyof T ? undefined : never)
    : unknown

type ValueBelow<V, Rest extends string> = Rest extends ''
  ? V
  : unknown extends V
    ? unknown
    : PathValue<NonNullable<V>, Rest> | Missing<V>

type Missing<V> = null extends V ? undefined : undefined extends V ? undefined : never

/** Selects a part of a configuration. */
export type Selector<T, R> = (config: DeepReadonly<T>) => R
