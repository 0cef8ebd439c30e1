import type { InferConfig, Schema } from '@hot-config/core'
import { isPlainObject } from '@hot-config/core/internal'

/** A part of a value: what is left out keeps its value or default, and lists are replaced as a whole. */
export type Overrides<T> = T extends Whole
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Overrides<T[K]> | undefined }
    : T

type Whole = readonly unknown[] | Date | RegExp | Map<never, never> | Set<never> | ((...args: never[]) => unknown)

/** What a schema reads. */
export type InputOf<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : InferConfig<S>
  : S extends (input: infer Input) => unknown
    ? Input
    : InferConfig<S>

/** Merges overrides, later over earlier. An override that is `undefined` takes the earlier one away. */
export function mergeOverrides(before: unknown, after: unknown): unknown {
  if (!isPlainObject(before) || !isPlainObject(after)) return after
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  const merged = Array.from(keys, (key): [string, unknown] => [
    key,
    Object.hasOwn(after, key) ? mergeOverrides(before[key], after[key]) : before[key],
  ])
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined))
}

/** Takes the variables and arguments off a convict schema, so that a test runs alike on every machine. */
export function withoutEnvironment<S extends Schema>(schema: S): S {
  return (isPlainObject(schema) ? withoutVariables(schema) : schema) as S
}

function withoutVariables(node: unknown): unknown {
  if (!isPlainObject(node)) return node
  const isVariable = ([name, value]: [string, unknown]): boolean =>
    (name === 'env' || name === 'arg') && typeof value === 'string' && 'default' in node
  const kept = Object.entries(node).filter((entry) => !isVariable(entry))
  return Object.fromEntries(kept.map(([name, value]) => [name, name === 'default' ? value : withoutVariables(value)]))
}
