import type { Format, FormatName } from './format.js'

import { hasMethods, optionKind } from '../errors/option-kinds.js'
import type { OptionKind } from '../errors/option-kinds.js'
import type { NameRules } from './env-names.js'

/**
 * Where configuration comes from. A source knows how to read one consistent view of what it holds and,
 * optionally, how to say that it may have changed. Parsing, merging and validating are not its business.
 */
export interface Source {
  /** Names the source in errors, logs and health, such as `volume:/etc/config`. */
  readonly name: string
  /** Reads everything the source holds, as one consistent view. Rejects when it can't. */
  read(signal: AbortSignal): Promise<Reading>
  /** How long a reading may take, in milliseconds, before it counts as failed and its signal aborts. Default 10,000. */
  readonly readTimeoutMs?: number | undefined
  /** Starts watching. Without it the source is read at start-up and by `reload()` only. */
  watch?(context: WatchContext): Watch
}

/** What one look at a source gave. */
export interface Reading {
  /** The source's own name for what it holds now, such as the `..data` target or a content digest. */
  readonly revision: string
  /**
   * Whether the revision says nothing of the content, as a time or a counter does. Of a source with secrets, health shows only
   * such a revision as it is: from a digest, short secrets can be guessed.
   */
  readonly opaqueRevision?: boolean
  readonly entries: readonly Entry[]
  /** What a cheap look saw when this was read; handed back through {@link WatchContext.lastStamp}. */
  readonly stamp?: string
  /** The updates of mounted volumes that it comes from. Sources that are read together take one volume from one update. */
  readonly volumes?: readonly VolumeUpdate[]
  /** Whether holding nothing at the start is no mistake, as for a file that need not be there. */
  readonly mayBeEmpty?: boolean
  /** Whether it is the environment of the process, which hides what earlier sources hold for good. */
  readonly isEnvironment?: boolean
  /** Whether it is the program's own, as its values are: there at every start, and so never kept for one. */
  readonly isOfProgram?: boolean
  /** Whether a key can be left out by an option `ignore`, which is what messages about keys advise. */
  readonly canIgnore?: boolean
  /** `false` when updates can't reach this source although they should, with the reason in `warnings`. */
  readonly updatable?: boolean
  readonly warnings?: readonly string[]
  /** Content beside `entries` that only a share of the processes serves yet. */
  readonly canary?: CanaryReading
}

/** What a canary holds. */
export interface CanaryReading {
  /** The name of its source. */
  readonly source: string
  /** The part of the processes that serve it, from 0 to 1. */
  readonly share: number
  /** Whether this process is one of them. */
  readonly chosen: boolean
  /** `sha256:...` of its keys without the share. `undefined` when it can't be read. */
  readonly digest: string | undefined
  /** What is served with it, in place of the reading's own entries. Those of the canary have its name as their `source`. */
  readonly entries: readonly Entry[]
  /** What is wrong with its share. */
  readonly problem?: string
  /** Why it can't be read. */
  readonly error?: unknown
}

/** One update of a ConfigMap or Secret that is mounted as a volume. */
export interface VolumeUpdate {
  /** The folder in which `..data` is, without links. */
  readonly folder: string
  /** What `..data` leads to. */
  readonly update: string
}

/** One piece of a reading: the bytes behind a key, or a value that needs no parsing. */
export type Entry = FileEntry | ValueEntry

export interface FileEntry {
  /** The key of the ConfigMap, with `/` between folders. Its ending says the format, unless `format` does. */
  readonly key: string
  readonly bytes: Uint8Array
  /** What to read it as, whatever its key ends in; `text` is one value. The same object each time for the same format. */
  readonly format?: FormatName | Format | undefined
  /** Marks everything below as never to be shown. */
  readonly secret?: boolean
  /** How the names in a flat file become paths. Default: they are dotted paths. */
  readonly names?: NameRules
  /** Whose key it is, in a source of several ConfigMaps. They are merged in the order in which they first come. */
  readonly owner?: string
  /** The source that it comes from, if that is another one than the source that was read. For messages. */
  readonly source?: string
}

export interface ValueEntry {
  /** What messages call it, such as the name of a variable. Default: the path. */
  readonly name?: string
  readonly path: readonly string[]
  readonly value: unknown
  readonly secret?: boolean
  /** A name that the schema may have a path for. Without one, the value is at `path`. */
  readonly key?: string
  /** Whether it is left out when the schema does not know it. An environment has many values for others. */
  readonly ifKnown?: boolean
  /** The source that it comes from, if that is another one than the source that was read. For messages. */
  readonly source?: string
}

export interface WatchContext {
  /** Call it when the source may have changed. Too often is harmless, never is not. */
  readonly changed: () => void
  /** The stamp of the last reading, `undefined` when that failed or had none. */
  readonly lastStamp: () => string | undefined
  /** How often, in milliseconds, to look for changes that were not notified. */
  readonly recheckMs: number
}

/** A watch at work. */
export interface Watch {
  /** What notices changes now, for the health report. */
  readonly by: 'inotify' | 'recheck' | (string & {})
  readonly warnings: readonly string[]
  close(): void
}

/** A source as an option or argument of something else. */
export const source: OptionKind<Source> = optionKind('a source such as volume("/etc/config")', isSource)

export function isSource(value: unknown): value is Source {
  if (!hasMethods(value, ['read'])) return false
  const { name, watch } = value as { readonly name?: unknown; readonly watch?: unknown }
  return typeof name === 'string' && (watch === undefined || typeof watch === 'function')
}
