import { randomInt } from 'node:crypto'

import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'

/** Shorter texts would take half of every message away, and are no secret. */
export const MIN_BYTES = 3

/** To index so many pieces takes about as long as a step of a walk over a tree. */
const PIECES_A_VALUE = 16

/** How many are indexed between two pauses at most. */
const PIECES_AT_ONCE = 4096

/** Random for each process, so that nobody can choose texts that collide. Odd, or the first bytes would not count. */
const MULTIPLIER = (randomInt(2 ** 31) * 2 + 1) | 0
const OTHER_MULTIPLIER = (randomInt(2 ** 31) * 2 + 1) | 0

/** Is told where a known piece begins and ends. */
export type Hit = (start: number, end: number) => void

/**
 * Finds pieces of many texts in another text, with one pass over each: every piece of `pieceLength` bytes, and texts that are
 * shorter as a whole.
 *
 * Keeps hashes of the pieces, 64 bits each, and not the texts.
 */
export class TextIndex {
  readonly #pieceLength: number
  #table = new PieceTable(8192)
  /** Texts shorter than a piece, by their length, as numbers. */
  readonly #short = new Map<number, Set<number>>()

  /** @param pieceLength in bytes; at most 6 where shorter texts are added too */
  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  get isEmpty(): boolean {
    return this.#table.count === 0 && this.#short.size === 0
  }

  /** Whether there are texts shorter than a piece. */
  get hasShort(): boolean {
    return this.#short.size > 0
  }

  *add(bytes: Uint8Array, steps: Steps = new Steps()): Walk<void> {
    const { length } = bytes
    if (length < MIN_BYTES) return
    if (length < this.#pieceLength) {
      const texts = this.#short.get(length) ?? new Set()
      this.#short.set(length, texts.add(numberOf(bytes, 0, length)))
      return
    }
    const pieces = length - this.#pieceLength + 1
    for (let start = 0; start < pieces; start += PIECES_AT_ONCE) {
      const end = Math.min(start + PIECES_AT_ONCE, pieces) + this.#pieceLength - 1
      while (!this.#table.hasRoomFor(PIECES_AT_ONCE)) this.#table = this.#table.doubled()
      const table = this.#table
      eachPiece(bytes, start, end, this.#pieceLength, (first, second) => table.add(first, second))
      if (steps.isPauseDue((end - start) / PIECES_A_VALUE)) yield
    }
  }

  /** Tells of everything known within the first `length` bytes. */
  find(bytes: Uint8Array, length: number, hit: Hit): void {
    if (this.#table.count > 0 && length >= this.#pieceLength) {
      const table = this.#table
      eachPiece(bytes, 0, length, this.#pieceLength, (first, second, end) => {
        if (table.has(first, second)) hit(end - this.#pieceLength, end)
      })
    }
    for (const [size, texts] of this.#short) {
      for (let end = size; end <= length; end++) {
        if (texts.has(numberOf(bytes, end - size, end))) hit(end - size, end)
      }
    }
  }
}

/** A set of hashes of 64 bits, the two halves side by side, in an open table with linear probing. */
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

  /** @param first never 0, which marks a free place */
  has(first: number, second: number): boolean {
    return this.#halves[this.#placeOf(first, second)] !== 0
  }

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

  /** Where it is, or else would be. */
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

/**
 * Hashes every piece that lies between `start` and `end`, each from the one before.
 *
 * @param visit gets two hashes, the first never 0, and where the piece ends
 */
function eachPiece(
  bytes: Uint8Array,
  start: number,
  end: number,
  pieceLength: number,
  visit: (first: number, second: number, end: number) => void,
): void {
  const factor = power(MULTIPLIER, pieceLength)
  const otherFactor = power(OTHER_MULTIPLIER, pieceLength)
  let [hash, otherHash] = [0, 0]
  for (let index = start; index < end; index++) {
    const entering = bytes[index] as number
    const leaving = index - start < pieceLength ? 0 : (bytes[index - pieceLength] as number)
    hash = (Math.imul(hash, MULTIPLIER) + entering - Math.imul(leaving, factor)) | 0
    otherHash = (Math.imul(otherHash, OTHER_MULTIPLIER) + entering - Math.imul(leaving, otherFactor)) | 0
    if (index - start >= pieceLength - 1) visit(hash || 1, otherHash, index + 1)
  }
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
