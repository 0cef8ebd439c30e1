import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import { CollectedBytes, checkSize } from './collected-bytes.js'

/** A ConfigMap holds at most 1 MiB, so more than this in one file is a mistake or an attack. */
export const MAX_FILE_BYTES: number = 4 * 1024 * 1024

/** Does not wait for a writer when the path is a FIFO. */
export const OPEN_FLAGS: number = constants.O_RDONLY | constants.O_NONBLOCK

/** @throws when it is not a regular file or larger than `maxBytes` */
export function checkFile(stats: { isFile(): boolean; size: number | bigint }, maxBytes: number): void {
  if (!stats.isFile()) throw new Error('expected a regular file')
  checkSize(stats.size, maxBytes)
}

/** Opens a regular file of at most `maxBytes`, and closes it when `use` is done. */
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
