import type { KeyPaths } from '../../formats/parse.js'
import { isPlainObject } from '../../trees/tree.js'
import type { ExactReader } from '../exact-text.js'
import { ANY_NAME } from '../known-names.js'
import type { KnownNames } from '../known-names.js'

/** An entry of a convict schema, as the schema states it. */
export interface Leaf {
  readonly path: string
  readonly segments: readonly string[]
  readonly env: string | undefined
  readonly arg: string | undefined
  readonly sensitive: boolean
  /** Whether the schema marks it as not secret, although its name may sound like a secret. */
  readonly isOpen: boolean
  readonly format: unknown
  readonly byDefault: unknown
  /** The entry as it is in the schema: a format may read names of its own there. */
  readonly node: object
}

/** An entry with the reader for its texts. */
export interface Entry extends Leaf {
  /** Reads a text. `undefined` where texts stay text, or where a format of the program reads them. */
  readonly read?: ExactReader
  /** Coerces a text as convict does, to compare the two results. */
  readonly coerce?: (text: string) => unknown
  /** Its text in the arguments of the process. */
  readonly argument: string | undefined
}

/** A text from the arguments or the environment, which overrides the sources. */
interface Override {
  readonly text: string
  readonly source: string
}

/** Returns the text of an entry in the arguments or else in the environment. */
export function overrideOf({ arg, argument, env }: Entry): Override | undefined {
  if (argument !== undefined) return { text: argument, source: `arg:--${arg}` }
  const text = env === undefined ? undefined : process.env[env]
  return text === undefined ? undefined : { text, source: `env:${env}` }
}

/**
 * Yields the entries of a schema. By convict's rule, these are nodes with a `default`, empty objects and other values.
 */
export function* leavesOf(schema: object, above: readonly string[] = []): Generator<Leaf> {
  for (const [name, node] of Object.entries(schema) as [string, unknown][]) {
    const segments = [...above, name]
    if (isSection(node)) {
      yield* leavesOf(node, segments)
      continue
    }
    const isLong = isPlainObject(node) && 'default' in node
    const entry: Record<string, unknown> = isLong ? node : { default: node }
    const { env, arg, sensitive, format, default: byDefault } = entry
    yield {
      path: segments.join('.'),
      segments,
      env: typeof env === 'string' ? env : undefined,
      arg: typeof arg === 'string' ? arg : undefined,
      sensitive: sensitive === true,
      isOpen: sensitive === false,
      format,
      byDefault,
      node: entry,
    }
  }
}

function isSection(node: unknown): node is Record<string, unknown> {
  return isPlainObject(node) && Object.keys(node).length > 0 && !('default' in node)
}

/** Maps each variable to its paths. Several entries may share a variable, and convict sets all of them. */
export function keyPathsOf(leaves: readonly Leaf[]): KeyPaths {
  const keyPaths = new Map<string, (readonly string[])[]>()
  for (const { env, segments } of leaves) {
    if (env !== undefined) keyPaths.set(env, [...(keyPaths.get(env) ?? []), segments])
  }
  return keyPaths
}

/** Returns the names that a schema knows. Below an entry any name is known, since its format validates the value. */
export function namesOf(schema: object): KnownNames {
  const names = Object.entries(schema).map(([name, node]: [string, unknown]): [string, KnownNames] => [
    name,
    isSection(node) ? namesOf(node) : ANY_NAME,
  ])
  return { names: new Map(names), other: () => undefined }
}
