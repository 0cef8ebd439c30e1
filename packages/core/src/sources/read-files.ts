import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import type { FileEntry } from '../source.js'

/** A ConfigMap holds at most 1 MiB, so more than this in one file is a mistake or an attack. */
export const MAX_FILE_BYTES: number = 4 * 1024 * 1024

/** Enough to keep the disk busy, few enough for the smallest limit on open files. */
const PARALLEL_READS = 16

/** A wrong path, such as `/`, must not be read for minutes. */
const MAX_FILES = 10_000

/** Different whenever the file was written; the change time can't be set back by a program, unlike the modification time. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-')
}

/**
 * Opens a file for reading. Does not wait for a writer when the path is a FIFO.
 *
 * @throws when it is not a regular file or larger than `maxBytes`
 */
export async function withFile<R>(
  path: string,
  maxBytes: number,
  use: (handle: FileHandle, stats: BigIntStats) => R | Promise<R>,
): Promise<R> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) throw new Error('expected a regular file')
    if (stats.size > maxBytes) throw new Error(`is larger than the limit of ${maxBytes} bytes`)
    return await use(handle, stats)
  } finally {
    await handle.close()
  }
}

/** Reads to the end, also of files that tell no size beforehand. */
export async function readBytes(handle: FileHandle, stats: BigIntStats, maxBytes: number): Promise<Uint8Array> {
  const size = Number(stats.size)
  let bytes = Buffer.allocUnsafeSlow(size || 4096)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === size) return bytes.subarray(0, length)
    if (length > maxBytes) throw new Error(`is larger than the limit of ${maxBytes} bytes`)
    if (length === bytes.length) bytes = Buffer.concat([bytes], length * 2)
  }
}

/** The keys below a folder: the paths of its files, with `/` between folders. */
export async function listKeys(folder: string, ignore: (name: string) => boolean, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for (const found of await readdir(folder, { withFileTypes: true })) {
    if (ignore(found.name)) continue
    const key = prefix + found.name
    if (found.isDirectory()) keys.push(...(await listKeys(join(folder, found.name), ignore, `${key}/`)))
    else keys.push(key)
    if (keys.length > MAX_FILES) throw new Error(`holds more than ${MAX_FILES} files`)
  }
  return keys
}

/** Reads files below a folder, a few at a time. Errors name the key. */
export async function readKeys(folder: string, keys: readonly string[], maxBytes: number): Promise<FileEntry[]> {
  const entries: FileEntry[] = []
  const queue = keys.values()
  const worker = async (): Promise<void> => {
    for (const key of queue) {
      try {
        const bytes = await withFile(join(folder, key), maxBytes, (handle, stats) => readBytes(handle, stats, maxBytes))
        entries.push({ key, bytes })
      } catch (error) {
        throw new KeyError(key, error)
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_READS }, worker))
  return entries
}

/** Why a key could not be read. */
export class KeyError extends Error {
  readonly key: string

  constructor(key: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.key = key
  }
}
