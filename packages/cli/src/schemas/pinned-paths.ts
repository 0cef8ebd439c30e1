import type { Schema } from '@hot-config/core'
import { valueAt } from '@hot-config/core/internal'

import type { PinnedPath } from './messages.js'
import { convictEntriesOf } from './schema-form.js'

/** An entry of a convict schema that reads an environment variable. */
interface VariableEntry {
  readonly path: string
  readonly segments: readonly string[]
  readonly variable: string
}

/** Finds the entries of a convict schema with an `env`. A schema of another kind has none. */
export function variableEntriesOf(schema: Schema): readonly VariableEntry[] {
  return convictEntriesOf(schema).flatMap(({ path, segments, env }) =>
    env === undefined ? [] : [{ path, segments, variable: env }],
  )
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
    .filter(({ segments }) => trees.some((tree) => valueAt(tree, segments) !== undefined))
    .map(({ path, variable }) => ({ path, variable, isSet: variables.includes(variable) }))
}
