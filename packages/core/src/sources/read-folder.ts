import { closeSync, fstatSync, openSync, readSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

import type { FileEntry } from '../source.js'
import { OPEN_FLAGS, checkFile, checkSize } from './read-file.js'

/** A wrong path, such as `/`, must not be read for minutes. */
const MAX_FILES = 10_000

/** How long reading may hold up everything else at a stretch. Milliseconds. */
const SLICE_MS = 2

/** The keys below a folder: the paths of its files, with `/` between folders. */
export function listKeys(folder: string, ignore: (name: string) => boolean, prefix = ''): string[] {
  const keys: string[] = []
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    if (ignore(found.name)) continue
    const key = prefix + found.name
    if (found.isDirectory()) keys.push(...listKeys(join(folder, found.name), ignore, `${key}/`))
    else keys.push(key)
    if (keys.length > MAX_FILES) throw new Error(`holds more than ${MAX_FILES} files`)
  }
  return keys
}

/**
 * Reads files below a folder. Synchronously, a slice of a few milliseconds at a time: the files of a volume are local and
 * were written a moment ago, so they are in memory, and handing each call to another thread takes longer than the call.
 *
 * @throws {KeyError} for the first file that can't be read
 */
export async function readKeys(
  folder: string,
  keys: readonly string[],
  maxBytes: number,
  secret: boolean,
): Promise<FileEntry[]> {
  const entries: FileEntry[] = []
  let sliceEnd = performance.now() + SLICE_MS
  for (const key of keys) {
    if (performance.now() > sliceEnd) {
      await setImmediate()
      sliceEnd = performance.now() + SLICE_MS
    }
    try {
      entries.push({ key, secret, bytes: readFile(join(folder, key), maxBytes) })
    } catch (error) {
      throw new KeyError(key, error)
    }
  }
  return entries
}

function readFile(path: string, maxBytes: number): Uint8Array {
  const file = openSync(path, OPEN_FLAGS)
  try {
    const stats = fstatSync(file)
    checkFile(stats, maxBytes)
    let bytes = Buffer.allocUnsafeSlow(stats.size || 4096)
    let length = 0
    for (;;) {
      const bytesRead = readSync(file, bytes, length, bytes.length - length, length)
      length += bytesRead
      if (bytesRead === 0 || length === stats.size) return bytes.subarray(0, length)
      checkSize(length, maxBytes)
      if (length === bytes.length) bytes = Buffer.concat([bytes], length * 2)
    }
  } finally {
    closeSync(file)
  }
}

/** Why a key could not be read. */
export class KeyError extends Error {
  readonly key: string

  constructor(key: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.key = key
  }
}
