import type { Format, FormatName } from './format.js'

import { hasMethods } from '../errors/has-methods.js'
import { optionKind } from '../errors/option-kinds.js'
import type { OptionKind } from '../errors/option-kinds.js'
import type { NameRules } from './env-names.js'

/**
 * A place that configuration comes from. A source can read one consistent view of its content. Optionally, it can
 * notify that its content may have changed. It does not parse, merge or validate.
 */
export interface Source {
  /** The name of the source in errors, logs and health, such as `volume:/etc/config`. */
  readonly name: string
  /** Reads the whole content of the source as one consistent view. Rejects when it can't. */
  read(signal: AbortSignal): Promise<Reading>
  /**
   * The time limit for a reading, in milliseconds. After that it counts as failed and its signal aborts. Default
   * 10,000.
   */
  readonly readTimeoutMs?: number | undefined
  /** Starts watching. Without this method, the source is read only at start-up and by `reload()`. */
  watch?(context: WatchContext): Watch
}

/** The content of a source at one time. */
export interface Reading {
  /** The source's own name for its current content, such as the `..data` target or a digest. */
  readonly revision: string
  /**
   * Whether the revision reveals nothing about the content, such as a time or a counter. For a source with secrets,
   * health shows only such a revision unchanged, because short secrets can be guessed from a digest.
   */
  readonly opaqueRevision?: boolean
  readonly entries: readonly Entry[]
  /** A cheap mark of the content that was read. A watch gets it by {@link WatchContext.lastStamp} to find changes. */
  readonly stamp?: string
  /** The updates of mounted volumes that were read. Sources that are read together use the same update of a volume. */
  readonly volumes?: readonly VolumeUpdate[]
  /** Whether the source may be empty at the start, such as an optional file. */
  readonly mayBeEmpty?: boolean
  /** Whether it is the environment of the process, which permanently overrides the values of earlier sources. */
  readonly isEnvironment?: boolean
  /** Whether it belongs to the program, as `values()` does: it is there at every start, and so never kept for one. */
  readonly isOfProgram?: boolean
  /** Whether it was not read from the source, but saved by an earlier process. Core sets it. */
  readonly isLastGood?: boolean
  /** Whether the source has an option `ignore`, so that messages about keys can recommend it. */
  readonly canIgnore?: boolean
  /** `false` when updates should reach this source but can't. The reason is in `warnings`. */
  readonly updatable?: boolean
  readonly warnings?: readonly string[]
  /** Probable mistakes in what was read. Unlike `warnings`, they set the status `warn`, and each new one is logged. */
  readonly contentWarnings?: readonly string[]
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
  /** The folder that contains `..data`, as a path without links. */
  readonly folder: string
  /** The target of the link `..data`. */
  readonly update: string
}

/** One piece of a reading: the bytes behind a key, or a value that needs no parsing. */
export type Entry = FileEntry | ValueEntry

export interface FileEntry {
  /** The key of the ConfigMap, with `/` between folders. Its ending decides the format, unless `format` is set. */
  readonly key: string
  readonly bytes: Uint8Array
  /**
   * The format, which overrides the ending of the key. With `text`, the file is one value. A format that is an object
   * must be the same object in each reading.
   */
  readonly format?: FormatName | Format | undefined
  /** Whether all values in the file are secret and never shown. */
  readonly secret?: boolean
  /** The rules by which names in a flat file become paths. Default: the names are dotted paths. */
  readonly names?: NameRules
  /** The ConfigMap of the key, in a source of several. They are merged in the order of their first entries. */
  readonly owner?: string
  /** The source that it comes from, if that is another one than the source that was read. For messages. */
  readonly source?: string
}

export interface ValueEntry {
  /** The name in messages, such as that of a variable. Default: the path. */
  readonly name?: string
  readonly path: readonly string[]
  /** `undefined` is left out. */
  readonly value: unknown
  readonly secret?: boolean
  /** A name for which the schema may define a path. When it does not, the value is at `path`. */
  readonly key?: string
  /** Whether to leave it out when the schema does not know it. An environment has many variables for other programs. */
  readonly ifKnown?: boolean
  /** The source that it comes from, if that is another one than the source that was read. For messages. */
  readonly source?: string
}

export interface WatchContext {
  /** Call it when the source may have changed. An unnecessary call is harmless, a missing call is not. */
  readonly changed: () => void
  /** Returns the stamp of the last reading, or `undefined` when that failed or had no stamp. */
  readonly lastStamp: () => string | undefined
  /** The interval, in milliseconds, at which to check for changes without a notification. */
  readonly recheckMs: number
}

/** A running watch of a source. */
export interface Watch {
  /** The mechanism that notices changes now, for the health report. */
  readonly by: 'inotify' | 'recheck' | (string & {})
  readonly warnings: readonly string[]
  /** Whether updates arrive later than usual, for a reason in `warnings`. The log has a line when this begins and ends. */
  readonly isDegraded?: boolean
  close(): void
}

/** An option or argument that is a source. */
export const source: OptionKind<Source> = optionKind('a source such as volume("/etc/config")', isSource)

export function isSource(value: unknown): value is Source {
  if (!hasMethods(value, ['read'])) return false
  const { name, watch } = value as { readonly name?: unknown; readonly watch?: unknown }
  return typeof name === 'string' && name !== '' && (watch === undefined || typeof watch === 'function')
}
