import type { KeyPaths } from '../formats/parse.js'
import type { Entry } from '../sources/source.js'
import { isFile } from './entry.js'

/** The names of the schema. */
export interface SchemaNames {
  readonly keyPaths: KeyPaths
  /** Whether the schema knows a path. `undefined` where it can't tell. */
  readonly knows?: ((path: readonly string[]) => boolean) | undefined
  /** Whether the schema has a value at a path, which may well be a text of many lines. Nothing where it can't tell. */
  readonly declares?: ((path: readonly string[]) => boolean) | undefined
}

/** Puts values at the paths that the schema has for their keys. Leaves out values with `ifKnown` that it does not know. */
export function knownEntries(entries: readonly Entry[], { keyPaths, knows }: SchemaNames): readonly Entry[] {
  if (entries.every((entry) => isFile(entry) || (entry.key === undefined && !entry.ifKnown))) return entries
  return entries.flatMap((entry): Entry[] => {
    if (isFile(entry)) return [entry]
    const paths = (entry.key !== undefined && keyPaths.get(entry.key)) || [entry.path]
    return paths.filter((path) => !entry.ifKnown || !knows || knows(path)).map((path) => ({ ...entry, path }))
  })
}
