import { closeSync, fstatSync, lstatSync, openSync, readSync, readdirSync } from 'node:fs'
import type { Stats } from 'node:fs'

import type { FileEntry } from '../source.js'
import { OPEN_FLAGS, checkFile, checkSize } from './read-file.js'

/** A wrong path, such as `/`, must not be read for minutes. */
const MAX_FILES = 10_000

/** How long reading may hold up everything else at a stretch. Milliseconds. */
const SLICE_MS = 2

/** Where bytes are compared, a stretch at a time: for a file that did not change nothing is allocated. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

export interface FolderReadingOptions {
  /** Which files and folders don't count, by name. */
  readonly ignore: (name: string) => boolean
  /** The largest file that is read, in bytes. */
  readonly maxBytes: number
  readonly secret: boolean
  /** What was read before, by key. An entry whose bytes are the same is given again. */
  readonly known: ReadonlyMap<string, FileEntry>
}

/**
 * Reads the files below a folder. Synchronously, a slice of a few milliseconds at a time: the files of a volume are local
 * and were written a moment ago, so they are in memory, and handing each call to another thread takes longer than the
 * call.
 */
export class FolderReading {
  readonly entries: Map<string, FileEntry> = new Map()
  readonly #folder: string
  readonly #options: FolderReadingOptions
  /** What is still to be read: keys, which are paths with `/` between folders. */
  readonly #keys: string[] = []
  #next = 0

  constructor(folder: string, options: FolderReadingOptions) {
    this.#folder = folder
    this.#options = options
    this.#list(folder, '')
  }

  /**
   * Reads on, for one slice.
   *
   * @returns whether everything is read
   * @throws {KeyError} for the first file that can't be read
   */
  readSlice(): boolean {
    const end = performance.now() + SLICE_MS
    for (; this.#next < this.#keys.length; this.#next++) {
      const key = this.#keys[this.#next] as string
      try {
        this.#read(key, `${this.#folder}/${key}`)
      } catch (error) {
        throw new KeyError(key, error)
      }
      if (performance.now() > end) {
        this.#next++
        break
      }
    }
    return this.#next >= this.#keys.length
  }

  #list(folder: string, prefix: string): void {
    for (const name of readdirSync(folder)) {
      if (!this.#options.ignore(name)) this.#keys.push(prefix + name)
    }
    if (this.#keys.length > MAX_FILES) throw new Error(`holds more than ${MAX_FILES} files`)
  }

  #read(key: string, path: string): void {
    const file = openSync(path, OPEN_FLAGS)
    try {
      const stats = fstatSync(file)
      // a link to a folder is none of ours: it may lead round in a circle
      if (stats.isDirectory() && lstatSync(path).isDirectory()) this.#list(path, `${key}/`)
      else this.entries.set(key, this.#entry(key, file, stats))
    } finally {
      closeSync(file)
    }
  }

  #entry(key: string, file: number, stats: Stats): FileEntry {
    const { maxBytes, secret, known } = this.#options
    checkFile(stats, maxBytes)
    const before = known.get(key)
    const start = scratch.subarray(0, readSync(file, scratch, 0, scratch.length, 0))
    if (before?.bytes.length === stats.size && holds(file, start, before.bytes)) return before
    const isAll = start.length === stats.size && start.length < scratch.length
    return { key, secret, bytes: isAll ? copyOf(start) : readAll(file, stats.size, maxBytes) }
  }
}

/**
 * Whether the file holds these bytes, when it is of that size: some files say 0 and hold more.
 *
 * @param start a stretch of it that was read
 */
function holds(file: number, start: Buffer, bytes: Uint8Array): boolean {
  if (start.length > bytes.length) return false
  let stretch = start
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(stretch.length, bytes.length - at)
    if (length === 0 || stretch.compare(bytes, at, at + length, 0, length) !== 0) return false
    at += length
    if (at < bytes.length) stretch = scratch.subarray(0, readSync(file, scratch, 0, scratch.length, at))
  }
  return true
}

/** Not from Node's pool, of which a snapshot would keep 8 KiB alive. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

/** Nor is this. */
function readAll(file: number, size: number, maxBytes: number): Buffer {
  let bytes = Buffer.allocUnsafeSlow(size || 4096)
  let length = 0
  for (;;) {
    const bytesRead = readSync(file, bytes, length, bytes.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === size) return bytes.subarray(0, length)
    checkSize(length, maxBytes)
    if (length === bytes.length) bytes = Buffer.concat([bytes], length * 2)
  }
}

/** The keys below a folder: the paths of its files, with `/` between folders. */
export function listKeys(folder: string, ignore: (name: string) => boolean, prefix = ''): string[] {
  const keys: string[] = []
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    if (ignore(found.name)) continue
    const key = prefix + found.name
    if (found.isDirectory()) keys.push(...listKeys(`${folder}/${found.name}`, ignore, `${key}/`))
    else keys.push(key)
    if (keys.length > MAX_FILES) throw new Error(`holds more than ${MAX_FILES} files`)
  }
  return keys
}

/** Why a key could not be read. */
export class KeyError extends Error {
  readonly key: string

  constructor(key: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.key = key
  }
}
