import { closeSync, fstatSync, lstatSync, openSync, readSync, readdirSync } from 'node:fs'

import { messageOf } from '../../errors/errors.js'
import { acrossCopies } from '../../errors/across-copies.js'
import type { FileEntry } from '../source.js'
import { CollectedBytes } from './collected-bytes.js'
import type { FormatChoice } from './format-choice.js'
import type { KeyChoice } from './key-choice.js'
import { OPEN_FLAGS, checkFile } from './read-file.js'

/** The maximum number of files. Without it, a wrong path such as `/` would be read for minutes. */
export const MAX_FILES = 10_000

/** How long reading may block the event loop without a pause, in milliseconds. */
const SLICE_MS = 2

/** A shared buffer for comparing files with their previous content. An unchanged file needs no allocation. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

export interface FolderReadingOptions {
  /** The keys to read. */
  readonly choice: KeyChoice
  /** The maximum size of a file, in bytes. */
  readonly maxBytes: number
  readonly secret: boolean
  readonly formats: FormatChoice
  /** The previous entries, by key. An entry whose bytes did not change is reused. */
  readonly known: ReadonlyMap<string, FileEntry>
}

/**
 * Reads the files below a folder synchronously, in slices of a few milliseconds. The files of a volume are local and
 * were written a moment ago, so they are in memory. An asynchronous call would take longer than the synchronous one,
 * because Node passes it to another thread.
 */
export class FolderReading {
  readonly entries: Map<string, FileEntry> = new Map()
  readonly #folder: string
  readonly #options: FolderReadingOptions
  readonly #prefix: string
  readonly #isWhole: boolean
  /** The files to read, as paths below the folder with `/` between names. */
  readonly #paths: string[] = []
  #next = 0

  /**
   * @param prefix the start of every key
   * @param paths the files to read; default: all files in the folder except those that the kubelet keeps for itself
   */
  constructor(folder: string, options: FolderReadingOptions, prefix: string, paths?: readonly string[]) {
    this.#folder = folder
    this.#options = options
    this.#prefix = prefix
    this.#isWhole = paths === undefined
    if (paths) this.#paths.push(...paths)
    else this.#list(folder, '')
  }

  /**
   * Continues to read, for one slice.
   *
   * @returns whether everything is read
   * @throws {KeyError} for the first file that can't be read
   */
  readSlice(): boolean {
    const end = performance.now() + SLICE_MS
    for (; this.#next < this.#paths.length; this.#next++) {
      const path = this.#paths[this.#next] as string
      try {
        this.#read(path)
      } catch (error) {
        throw error instanceof KeyError ? error : new KeyError(this.#prefix + path, error)
      }
      if (performance.now() > end) {
        this.#next++
        break
      }
    }
    return this.#next >= this.#paths.length
  }

  #list(folder: string, below: string): void {
    const { choice } = this.#options
    if (choice.isEverything) {
      for (const name of readdirSync(folder)) if (!isInternal(name)) this.#paths.push(below + name)
    } else {
      // A file that is not chosen must never be opened, so its type must be known beforehand.
      for (const found of readdirSync(folder, { withFileTypes: true })) {
        const key = this.#prefix + below + found.name
        if (isInternal(found.name) || !(found.isDirectory() ? choice.enters(key) : choice.takes(key))) continue
        this.#paths.push(below + found.name)
      }
    }
    if (this.#paths.length > MAX_FILES) throw new Error(`holds more than ${MAX_FILES} files`)
  }

  #read(below: string): void {
    const path = `${this.#folder}/${below}`
    const key = this.#prefix + below
    const file = openSync(path, OPEN_FLAGS)
    try {
      const { known, maxBytes, secret, formats } = this.#options
      const before = known.get(key)
      const length = readStart(file)
      // The previous entry was a file with the same bytes, so its type need not be checked.
      if (before && holds(file, length, before.bytes)) {
        this.entries.set(key, before)
        return
      }
      const stats = fstatSync(file)
      // In an update of a volume, a link to a folder is not followed.
      if (this.#isWhole && stats.isDirectory() && lstatSync(path).isDirectory()) {
        this.#list(path, `${below}/`)
        return
      }
      checkFile(stats, maxBytes)
      const isAll = length === stats.size && length < scratch.length
      const format = formats.formatOf(key)
      const bytes = isAll ? copyStart(length) : readAll(file, stats.size, maxBytes)
      this.entries.set(key, { key, secret, bytes, ...(format !== undefined && { format }) })
    } finally {
      closeSync(file)
    }
  }
}

/** Reads the start of a file into the scratch buffer. @returns the number of bytes, 0 when there is nothing to read */
function readStart(file: number): number {
  try {
    return readSync(file, scratch, 0, scratch.length, 0)
  } catch {
    // A folder or a special file. The caller finds out which.
    return 0
  }
}

/**
 * Whether a file holds exactly these bytes. Only a read that returns nothing is the end of the file: file systems in user
 * space may return less than there is.
 *
 * @param length the number of bytes in the scratch buffer
 */
function holds(file: number, length: number, bytes: Uint8Array): boolean {
  let at = 0
  for (; length > 0; length = readSync(file, scratch, 0, scratch.length, at)) {
    if (length > bytes.length - at || scratch.compare(bytes, at, at + length, 0, length) !== 0) return false
    at += length
  }
  return at === bytes.length && at > 0
}

/** Not allocated from Node's buffer pool: a small slice would keep its whole 8 KiB block alive. */
function copyStart(length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length)
  scratch.copy(copy, 0, 0, length)
  return copy
}

function readAll(file: number, size: number, maxBytes: number): Buffer {
  const collected = new CollectedBytes(size, maxBytes)
  for (;;) {
    const bytes = collected.add(readSync(file, ...collected.next))
    if (bytes) return bytes
  }
}

/** Whether the kubelet uses this name for itself. */
export function isInternal(name: string): boolean {
  return name.startsWith('..')
}

/** The error for a key that could not be read. */
export class KeyError extends Error {
  readonly key: string

  constructor(key: string, cause: unknown) {
    super(messageOf(cause), { cause })
    this.key = key
  }

  /** Returns the same error with advice added to its message. */
  with(advice: string): KeyError {
    return new KeyError(this.key, new Error(`${this.message}; ${advice}`, { cause: this.cause }))
  }
}

acrossCopies(KeyError, 'KeyError')
