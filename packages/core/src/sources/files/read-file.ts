import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import { CollectedBytes, checkSize } from './collected-bytes.js'

/** The default size limit. A ConfigMap holds at most 1 MiB, so a larger file is a mistake or an attack. */
export const MAX_FILE_BYTES: number = 4 * 1024 * 1024

/** Flags for opening a file. With O_NONBLOCK, opening a FIFO does not wait for a writer. */
export const OPEN_FLAGS: number = constants.O_RDONLY | constants.O_NONBLOCK

interface FileStats {
  readonly size: number | bigint
  isFile(): boolean
  isDirectory(): boolean
}

/** Something else than a regular file is at a path. */
export class NoFileError extends Error {
  readonly isFolder: boolean

  constructor(stats: FileStats) {
    super('expected a regular file')
    this.isFolder = stats.isDirectory()
  }
}

/** @throws when it is not a regular file or larger than `maxBytes` */
export function checkFile(stats: FileStats, maxBytes: number): void {
  if (!stats.isFile()) throw new NoFileError(stats)
  checkSize(stats.size, maxBytes)
}

/** Opens a regular file of at most `maxBytes`, and closes it after `use` has finished. */
export async function withFile<R>(
  path: string,
  maxBytes: number,
  use: (handle: FileHandle, stats: BigIntStats) => R | Promise<R>,
): Promise<R> {
  const handle = await open(path, OPEN_FLAGS)
  try {
    const stats = await handle.stat({ bigint: true })
    checkFile(stats, maxBytes)
    return await use(handle, stats)
  } finally {
    await handle.close()
  }
}

export async function readBytes(handle: FileHandle, { size }: BigIntStats, maxBytes: number): Promise<Uint8Array> {
  const collected = new CollectedBytes(Number(size), maxBytes)
  for (;;) {
    const { bytesRead } = await handle.read(...collected.next)
    const bytes = collected.add(bytesRead)
    if (bytes) return bytes
  }
}
