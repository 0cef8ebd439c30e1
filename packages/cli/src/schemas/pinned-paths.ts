import type { Schema } from '@hot-config/core'

import type { PinnedPath } from './messages.js'

/** An entry of a convict schema that reads an environment variable. */
interface VariableEntry {
  readonly path: readonly string[]
  readonly variable: string
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Finds the entries of a convict schema with an `env`. A schema of another kind has none. */
export function variableEntriesOf(schema: Schema): readonly VariableEntry[] {
  if (!isObject(schema) || '~standard' in schema || typeof schema['getProperties'] === 'function') return []
  const found: VariableEntry[] = []
  const visit = (node: Record<string, unknown>, path: readonly string[]): void => {
    for (const [name, below] of Object.entries(node)) {
      if (!isObject(below)) continue
      const { env } = below
      if (!('default' in below)) visit(below, [...path, name])
      else if (typeof env === 'string') found.push({ path: [...path, name], variable: env })
    }
  }
  visit(schema, [])
  return found
}

/**
 * Finds the paths of sources that an environment variable would override.
 *
 * @param trees what the sources hold
 * @param variables what the pods set
 */
export function pinnedPaths(
  entries: readonly VariableEntry[],
  trees: readonly unknown[],
  variables: readonly string[],
): PinnedPath[] {
  return entries
    .filter(({ path }) => trees.some((tree) => isSetIn(tree, path)))
    .map(({ path, variable }) => ({ path: path.join('.'), variable, isSet: variables.includes(variable) }))
}

function isSetIn(tree: unknown, path: readonly string[]): boolean {
  let value = tree
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value !== undefined
}
