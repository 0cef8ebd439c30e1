import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { threadId } from 'node:worker_threads'

import { sharedState } from '../../async/shared-state.js'
import type { LastGoodStore } from './last-good-store.js'

/** Only the user of the process may read it: it holds configuration. */
const MODE = 0o600

/** Keeps the last good configuration in a file, such as one on a volume that outlives the container. */
export class FileStore implements LastGoodStore {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async load(signal: AbortSignal): Promise<Uint8Array | undefined> {
    await assertNoDevice(this.#path)
    try {
      return await readFile(this.#path, { signal })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Writes another file and renames it, so that a crash leaves the old content or the new, and nothing in between. */
  async save(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await assertNoDevice(this.#path)
    const temporary = unusedName(this.#path)
    beingWritten.add(temporary)
    try {
      // one that a crash left, which may have another mode or be a link
      await rm(temporary, { force: true })
      const file = await open(temporary, 'wx', MODE)
      await flushed(file, () => file.writeFile(bytes, { signal }))
      signal.throwIfAborted()
      await rename(temporary, this.#path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    } finally {
      beingWritten.delete(temporary)
    }
    const folder = await open(dirname(this.#path), 'r')
    await flushed(folder)
  }
}

/** The temporary files of this thread, of all copies of this package. */
const beingWritten = sharedState('last-good-files', () => new Set<string>())

/**
 * A temporary file that nobody else writes. Several pods may share the volume, and all have the process 1. Threads and other
 * configurations of this process may save to the same path. A name comes again, so that what a crash left is removed.
 */
function unusedName(path: string): string {
  const name = `${path}.${hostname()}-${process.pid}-${threadId}`
  let number = 0
  while (beingWritten.has(`${name}-${number}.tmp`)) number++
  return `${name}-${number}.tmp`
}

/** A device or a pipe would be replaced by a file, and reading it may never end. Of a folder, the system says the same. */
async function assertNoDevice(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found && !found.isFile() && !found.isDirectory()) throw new Error(`${path} is not a regular file`)
}

/** Writes, and waits until what was written would survive a loss of power. */
async function flushed(file: FileHandle, write?: () => Promise<void>): Promise<void> {
  try {
    await write?.()
    await file.sync()
  } finally {
    await file.close()
  }
}
