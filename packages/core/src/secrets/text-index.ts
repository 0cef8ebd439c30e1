import { randomInt } from 'node:crypto'

import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'

/** Shorter texts are not hidden. They occur in every message, and are too short for a secret. */
export const MIN_BYTES = 3

/** Indexing this many pieces takes about as long as one step of a walk over a tree. */
const PIECES_A_VALUE = 16

/** The maximum number of pieces that are indexed without a pause. */
const PIECES_AT_ONCE = 4096

/** Random for each process, so that nobody can choose texts that collide. Odd, so that all bytes affect the hash. */
const MULTIPLIER = (randomInt(2 ** 31) * 2 + 1) | 0
const OTHER_MULTIPLIER = (randomInt(2 ** 31) * 2 + 1) | 0

/** Called with the start and the end of a known piece. */
export type Hit = (start: number, end: number) => void

/**
 * Finds pieces of many texts in another text, with a single pass over each. It finds every piece of `pieceLength`
 * bytes, and shorter texts as a whole.
 *
 * It stores a 64-bit hash of each piece, and not the texts.
 */
export class TextIndex {
  readonly #pieceLength: number
  /** `undefined` until a piece is added: most configurations have no secrets. */
  #table: PieceTable | undefined
  readonly #short = new ShortTexts()

  /** @param pieceLength in bytes; at most 6 when shorter texts are added too */
  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  get isEmpty(): boolean {
    return this.#table === undefined && this.#short.isEmpty
  }

  /** Whether there are texts shorter than a piece. */
  get hasShort(): boolean {
    return !this.#short.isEmpty
  }

  *add(bytes: Uint8Array, steps: Steps = new Steps()): Walk<void> {
    const { length } = bytes
    if (length < MIN_BYTES) return
    if (length < this.#pieceLength) {
      this.#short.add(bytes)
      return
    }
    const pieces = length - this.#pieceLength + 1
    for (let start = 0; start < pieces; start += PIECES_AT_ONCE) {
      const end = Math.min(start + PIECES_AT_ONCE, pieces) + this.#pieceLength - 1
      let table = this.#table ?? new PieceTable(256)
      while (!table.hasRoomFor(end - start)) table = table.doubled()
      table.addAll(bytes, start, end, this.#pieceLength)
      this.#table = table
      if (steps.isPauseDue((end - start) / PIECES_A_VALUE)) yield
    }
  }

  /** Calls `hit` for every known piece in the first `length` bytes. */
  find(bytes: Uint8Array, length: number, hit: Hit): void {
    this.#table?.find(bytes, length, this.#pieceLength, hit)
    this.#short.find(bytes, length, hit)
  }
}

/** Texts shorter than a piece. */
class ShortTexts {
  /** The texts as numbers, by their length. */
  readonly #texts = new Map<number, Set<number>>()
  /** Whether a text starts with these two bytes. At most offsets, this check is enough. */
  #starts: Uint8Array | undefined

  get isEmpty(): boolean {
    return this.#texts.size === 0
  }

  add(bytes: Uint8Array): void {
    const { length } = bytes
    this.#texts.set(length, (this.#texts.get(length) ?? new Set()).add(numberOf(bytes, 0, length)))
    this.#starts ??= new Uint8Array(65_536)
    this.#starts[numberOf(bytes, 0, 2)] = 1
  }

  find(bytes: Uint8Array, length: number, hit: Hit): void {
    const starts = this.#starts
    if (!starts) return
    for (let start = 0; start < length - 1; start++) {
      if (starts[((bytes[start] as number) << 8) | (bytes[start + 1] as number)] === 0) continue
      for (const [size, texts] of this.#texts) {
        const end = start + size
        if (end <= length && texts.has(numberOf(bytes, start, end))) hit(start, end)
      }
    }
  }
}

/** A set of 64-bit hashes in an open hash table with linear probing. The two halves of a hash are adjacent. */
class PieceTable {
  readonly #halves: Int32Array
  readonly #mask: number
  count = 0

  /** @param size a power of two */
  constructor(size: number) {
    this.#halves = new Int32Array(size * 2)
    this.#mask = size - 1
  }

  hasRoomFor(count: number): boolean {
    return (this.count + count) * 3 <= this.#mask * 2
  }

  /** Finds pieces by a rolling hash. The second half is computed only when the table has the first one. */
  find(bytes: Uint8Array, length: number, pieceLength: number, hit: Hit): void {
    if (this.count === 0 || length < pieceLength) return
    const halves = this.#halves
    const mask = this.#mask
    const factor = power(MULTIPLIER, pieceLength)
    let hash = 0
    for (let index = 0; index < length; index++) {
      const leaving = index < pieceLength ? 0 : (bytes[index - pieceLength] as number)
      hash = (Math.imul(hash, MULTIPLIER) + (bytes[index] as number) - Math.imul(leaving, factor)) | 0
      if (index < pieceLength - 1) continue
      const first = hash || 1
      for (let place = (first ^ (first >>> 15)) & mask; halves[place * 2] !== 0; place = (place + 1) & mask) {
        if (halves[place * 2] !== first) continue
        const start = index + 1 - pieceLength
        if (halves[place * 2 + 1] === secondHash(bytes, start, index + 1)) {
          hit(start, index + 1)
          break
        }
      }
    }
  }

  /** Adds every piece between `start` and `end`. */
  addAll(bytes: Uint8Array, start: number, end: number, pieceLength: number): void {
    const factor = power(MULTIPLIER, pieceLength)
    let hash = 0
    for (let index = start; index < end; index++) {
      const leaving = index - start < pieceLength ? 0 : (bytes[index - pieceLength] as number)
      hash = (Math.imul(hash, MULTIPLIER) + (bytes[index] as number) - Math.imul(leaving, factor)) | 0
      const pieceStart = index + 1 - pieceLength
      if (pieceStart >= start) this.add(hash || 1, secondHash(bytes, pieceStart, index + 1))
    }
  }

  /** @param first never 0, which marks a free place */
  add(first: number, second: number): void {
    const place = this.#placeOf(first, second)
    if (this.#halves[place] !== 0) return
    this.#halves[place] = first
    this.#halves[place + 1] = second
    this.count++
  }

  doubled(): PieceTable {
    const halves = this.#halves
    const next = new PieceTable(halves.length)
    for (let place = 0; place < halves.length; place += 2) {
      if (halves[place] !== 0) next.add(halves[place] as number, halves[place + 1] as number)
    }
    return next
  }

  /** Returns the place of a hash, or the free place for it. */
  #placeOf(first: number, second: number): number {
    const halves = this.#halves
    let place = (first ^ (first >>> 15)) & this.#mask
    for (;;) {
      const found = halves[place * 2]
      if (found === 0 || (found === first && halves[place * 2 + 1] === second)) return place * 2
      place = (place + 1) & this.#mask
    }
  }
}

function secondHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let index = start; index < end; index++) {
    hash = (Math.imul(hash, OTHER_MULTIPLIER) + (bytes[index] as number)) | 0
  }
  return hash
}

function power(base: number, exponent: number): number {
  let result = 1
  for (let count = 0; count < exponent; count++) result = Math.imul(result, base)
  return result
}

function numberOf(bytes: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let index = start; index < end; index++) number = number * 256 + (bytes[index] as number)
  return number
}
