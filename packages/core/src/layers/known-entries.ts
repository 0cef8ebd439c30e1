import type { KeyPaths } from '../formats/parse.js'
import type { Entry } from '../sources/source.js'
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

/** Moves values to the paths that the schema has for their keys. Drops values with `ifKnown` that it does not know. */
export function knownEntries(entries: readonly Entry[], { keyPaths, knows }: SchemaNames): readonly Entry[] {
  if (entries.every((entry) => isFile(entry) || (entry.key === undefined && !entry.ifKnown))) return entries
  return entries.flatMap((entry): Entry[] => {
    if (isFile(entry)) return [entry]
    const paths = (entry.key !== undefined && keyPaths.get(entry.key)) || [entry.path]
    return paths.filter((path) => !entry.ifKnown || !knows || knows(path)).map((path) => ({ ...entry, path }))
  })
}
