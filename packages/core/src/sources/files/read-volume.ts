import { readlinkSync } from 'node:fs'
import { basename, dirname, isAbsolute } from 'node:path'
import { setImmediate } from 'node:timers/promises'

import type { FileEntry } from '../source.js'
import { FolderReading } from './read-folder.js'
import type { FolderReadingOptions } from './read-folder.js'
import { DATA } from './resolve-path.js'

/** A folder where Kubernetes mounts a ConfigMap or a Secret, or a part of it. */
export interface MountedVolume {
  /** The folder that contains the link `..data`. */
  readonly folder: string
  /** The path of the part to read, below an update. Empty for the whole update. */
  readonly below: string
  /** Whether the part is a single file. */
  readonly isFile?: boolean
  /** The start of every key. */
  readonly prefix: string
}

/** Returns the current update of a volume. @throws when there is none */
export function updateOf(folder: string): string {
  return readlinkSync(`${folder}/${DATA}`)
}

/**
 * Reads a volume, all of it from one update.
 *
 * The kubelet writes each update to a new folder and then renames a new link over the link `..data`. That rename
 * publishes the update. So this function reads the link once, and then the files below its target. When the link
 * changed in the meantime, files may already be missing, so everything is read again. The links beside `..data` are
 * never followed, because kubelets differ in when they create them. See
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
 *
 * The first slice is read synchronously. So sources that are read together see the same update, unless a new one
 * arrives at this very moment.
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
