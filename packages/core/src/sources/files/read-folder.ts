import { closeSync, fstatSync, lstatSync, openSync, readSync, readdirSync } from 'node:fs'

import { messageOf } from '../../errors/errors.js'
import { acrossCopies } from '../../errors/across-copies.js'
import type { FileEntry } from '../source.js'
import { CollectedBytes } from './collected-bytes.js'
import type { FormatChoice } from './format-choice.js'
import type { KeyChoice } from './key-choice.js'
import { OPEN_FLAGS, checkFile } from './read-file.js'

/** A wrong path, such as `/`, must not be read for minutes. */
export const MAX_FILES = 10_000

/** How long reading may hold up everything else at a stretch. Milliseconds. */
const SLICE_MS = 2

/** Where bytes are compared, a stretch at a time: for a file that did not change nothing is allocated. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

export interface FolderReadingOptions {
  /** The keys to read. */
  readonly choice: KeyChoice
  /** The largest file that is read, in bytes. */
  readonly maxBytes: number
  readonly secret: boolean
  readonly formats: FormatChoice
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
  readonly #prefix: string
  readonly #isWhole: boolean
  /** What is still to be read: paths below the folder, with `/` between folders. */
  readonly #paths: string[] = []
  #next = 0

  /**
   * @param prefix what every key begins with
   * @param paths the files to read; all in the folder when not given, except what the kubelet keeps for itself
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
   * Reads on, for one slice.
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
      // what is not chosen is never opened, so what it is must be known beforehand
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
      // what it was before was a file, and needs no look at what it is
      if (before && holds(file, length, before.bytes)) {
        this.entries.set(key, before)
        return
      }
      const stats = fstatSync(file)
      // an update of a volume holds no links to folders
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

/** @returns how many bytes of a file's start are in the scratch now; 0 where there is nothing to be read */
function readStart(file: number): number {
  try {
    return readSync(file, scratch, 0, scratch.length, 0)
  } catch {
    // a folder, or something that has no start: what it is comes out later
    return 0
  }
}

/**
 * Whether a file holds these bytes and no more.
 *
 * @param length of its start, which was read
 */
function holds(file: number, length: number, bytes: Uint8Array): boolean {
  for (let at = 0; ; length = readSync(file, scratch, 0, scratch.length, at)) {
    if (length > bytes.length - at || scratch.compare(bytes, at, at + length, 0, length) !== 0) return false
    at += length
    if (length < scratch.length) return at === bytes.length && at > 0
  }
}

/** Not from Node's pool, of which a snapshot would keep 8 KiB alive. */
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

/** What the kubelet keeps for itself. */
export function isInternal(name: string): boolean {
  return name.startsWith('..')
}

/** Why a key could not be read. */
export class KeyError extends Error {
  readonly key: string

  constructor(key: string, cause: unknown) {
    super(messageOf(cause), { cause })
    this.key = key
  }

  /** The same with what to do about it. */
  with(advice: string): KeyError {
    return new KeyError(this.key, new Error(`${this.message}; ${advice}`, { cause: this.cause }))
  }
}

acrossCopies(KeyError, 'KeyError')
