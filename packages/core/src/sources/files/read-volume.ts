import { readlinkSync } from 'node:fs'
import { basename, dirname, isAbsolute } from 'node:path'
import { setImmediate } from 'node:timers/promises'

import type { FileEntry } from '../source.js'
import { FolderReading } from './read-folder.js'
import type { FolderReadingOptions } from './read-folder.js'
import { DATA } from './resolve-path.js'

/** A folder into which Kubernetes mounts a ConfigMap or a Secret, or what is in one. */
export interface MountedVolume {
  /** The folder in which `..data` is. */
  readonly folder: string
  /** The path of what is read below an update; empty for all of it. */
  readonly below: string
  /** Whether that is one file. */
  readonly isFile?: boolean
  /** What every key begins with. */
  readonly prefix: string
}

/** The update that a volume holds now. @throws when there is none */
export function updateOf(folder: string): string {
  return readlinkSync(`${folder}/${DATA}`)
}

/**
 * Reads a volume, all of it from one update.
 *
 * The kubelet writes each update to a new folder and then renames a link, `..data`, over the one before; that rename is
 * the update. So the link is read once and the files below what it points to; when it changed meanwhile, what was read
 * may be half gone already and is read again. The links beside `..data` are never followed: kubelets differ in when
 * they make them.
 * See https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
 *
 * Begins before it returns: sources that are read together read the same update unless one comes in this very moment.
 */
export async function readVolume(
  { folder, below, isFile, prefix }: MountedVolume,
  options: FolderReadingOptions,
  signal: AbortSignal,
): Promise<{ readonly update: string; readonly entries: Map<string, FileEntry> }> {
  for (;;) {
    signal.throwIfAborted()
    const update = updateOf(folder)
    try {
      const path = [isAbsolute(update) ? update : `${folder}/${update}`, below].filter(Boolean).join('/')
      const reading = isFile
        ? new FolderReading(dirname(path), options, prefix, [basename(path)])
        : new FolderReading(path, options, prefix)
      while (!reading.readSlice()) await setImmediate()
      if (updateOf(folder) === update) return { update, entries: reading.entries }
    } catch (error) {
      if (updateOf(folder) === update) throw error
    }
  }
}
