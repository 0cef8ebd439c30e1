import type { KeyPaths } from '../formats/parse.js'
import type { Entry, ValueEntry } from '../sources/source.js'
import { isFile } from './entry.js'

/** The names of the schema. */
export interface SchemaNames {
  readonly keyPaths: KeyPaths
  /** Whether `keyPaths` has environment variables that the schema names itself. */
  readonly hasVariables?: boolean | undefined
  /** Whether the schema knows a path. `undefined` when the names of the schema can't be found out. */
  readonly knows?: ((path: readonly string[]) => boolean) | undefined
  /** Whether the schema has a value at a path. Then a text with many lines is not taken for a document. */
  readonly declares?: ((path: readonly string[]) => boolean) | undefined
}

/**
 * Moves values to the paths that the schema has for their keys. Drops values with `ifKnown` that it does not know, and
 * `undefined`, which would hide the value of an earlier source.
 */
export function knownEntries(entries: readonly Entry[], { keyPaths, knows }: SchemaNames): readonly Entry[] {
  if (entries.every((entry) => isFile(entry) || isPlain(entry))) return entries
  return entries.flatMap((entry): Entry[] => {
    if (isFile(entry)) return [entry]
    if (isNothing(entry)) return []
    const paths = (entry.key !== undefined && keyPaths.get(entry.key)) || [entry.path]
    return paths.filter((path) => !entry.ifKnown || !knows || knows(path)).map((path) => ({ ...entry, path }))
  })
}

function isPlain(entry: ValueEntry): boolean {
  return entry.key === undefined && !entry.ifKnown && !isNothing(entry)
}

/** Nothing in place of the whole is a mistake, which is rejected later. */
function isNothing({ value, path }: ValueEntry): boolean {
  return value === undefined && path.length > 0
}
