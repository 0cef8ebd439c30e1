import { handled } from '../async/handled.js'
import { valuesIf, valuesOf } from '../trees/build-object.js'
import type { StandardSchema } from './standard-schema.js'
import { isPlainObject, isUnchanged } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'
import type { Judged } from './validator.js'

/** The part of a zod 4 schema that is used here. See https://zod.dev/library-authors */
interface ZodSchema extends StandardSchema {
  readonly _zod?: {
    readonly def?: {
      readonly type?: string
      readonly checks?: readonly unknown[]
      readonly shape?: Readonly<Record<string, ZodSchema>>
      /** The first schema of a pipe. */
      readonly in?: ZodSchema
    }
  }
}

/** What validating a part found. The whole tree has to be validated for `rejected`, so that every problem is told. */
type PartVerdict = { readonly value: unknown } | 'rejected'

/**
 * Validates only the keys that changed, where a zod schema allows it. An object without checks of its own is valid when
 * each of its keys is valid.
 *
 * @param inputOf returns what the schema gets of a part
 * @returns `undefined` when this schema can only validate the whole tree
 */
export function revalidate(
  schema: ZodSchema,
  previous: Judged,
  tree: Tree,
  inputOf: (part: unknown) => unknown,
): PartVerdict | undefined {
  const { type, checks = [], shape = {} } = schema._zod?.def ?? {}
  if (type !== 'object' || checks.length > 0 || !isPlainObject(previous.value)) return undefined
  const keys = Object.keys(tree)
  // Only the schema can decide about keys that are added, removed or not named in it.
  const known = valuesIf(previous.tree, keys)
  if (!known) return undefined
  const value = { ...previous.value }
  const values = valuesOf(tree, keys)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const before = known[index]
    const now = values[index]
    if (isUnchanged(now, before)) continue
    const result = Object.hasOwn(shape, key)
      ? judge(shape[key] as ZodSchema, before, value[key], now, inputOf)
      : undefined
    if (typeof result !== 'object') return result
    value[key] = result.value
  }
  return { value }
}

function judge(
  schema: ZodSchema,
  before: unknown,
  value: unknown,
  now: unknown,
  inputOf: (part: unknown) => unknown,
): PartVerdict | undefined {
  const part =
    isPlainObject(before) && isPlainObject(now) ? revalidate(schema, { tree: before, value }, now, inputOf) : undefined
  if (part) return part
  const result = schema['~standard'].validate(inputOf(now))
  if (!(result instanceof Promise)) return result.issues ? 'rejected' : result
  // The schema is asynchronous: the whole tree is validated again, and that result is awaited.
  void handled(result)
  return undefined
}

/** What zod calls `override` with. */
interface Visited {
  readonly zodSchema: ZodSchema
  readonly jsonSchema: Record<string, unknown>
}

/**
 * Returns options for the JSON form of a schema's input. Without them, zod throws for types that JSON does not have, such
 * as dates.
 */
export function inputFormOptions(): { readonly unrepresentable: 'any'; override(at: Visited): void } {
  return {
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { in: input } = zodSchema._zod?.def ?? {}
      // Removes what zod says about a preprocessing: it describes the output, while the input can be any value.
      if (input?._zod?.def?.type !== 'transform') return
      for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword]
    },
  }
}
