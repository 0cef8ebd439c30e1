import type { KeyPaths } from '../formats/parse.js'
import type { Entry } from '../sources/source.js'
import { isFile } from './entry.js'

/** What the schema says of names. */
export interface SchemaNames {
  readonly keyPaths: KeyPaths
  /** Whether the schema knows a path. Nothing where it can't tell. */
  readonly knows?: ((path: readonly string[]) => boolean) | undefined
  /** Whether the schema has a value at a path, which may well be a text of many lines. Nothing where it can't tell. */
  readonly declares?: ((path: readonly string[]) => boolean) | undefined
}

/** Puts values where the schema has their keys, and leaves out those that are only meant for a schema that knows them. */
export function knownEntries(entries: readonly Entry[], { keyPaths, knows }: SchemaNames): readonly Entry[] {
  if (entries.every((entry) => isFile(entry) || (entry.key === undefined && !entry.ifKnown))) return entries
  return entries.flatMap((entry): Entry[] => {
    if (isFile(entry)) return [entry]
    const paths = (entry.key !== undefined && keyPaths.get(entry.key)) || [entry.path]
    return paths.filter((path) => !entry.ifKnown || !knows || knows(path)).map((path) => ({ ...entry, path }))
  })
}
