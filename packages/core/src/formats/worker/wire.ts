// The encoding in which a worker sends a tree to the main thread. Each piece is decoded in well under a millisecond.
// All numbers are exact (JSON has no NaN and no -0). Parts that the main thread already has are not sent.

import { MAX_FAST_KEYS } from '../../trees/build-object.js'
import { ownAt } from '../../trees/path.js'
import type { PathSegment } from '../../trees/path.js'

/** A part of an encoded tree. */
export interface Piece {
  /** The codes of the values, each followed by its length, index or value, if it has one. */
  readonly codes: Int32Array<ArrayBuffer>
  readonly numbers: Float64Array<ArrayBuffer>
  /** The strings that no earlier piece had. Indexes count all strings since the first piece. */
  readonly strings: readonly string[]
  readonly isLast: boolean
}

const CODE = {
  null: 0,
  undefined: 1,
  true: 2,
  false: 3,
  integer: 4,
  number: 5,
  string: 6,
  array: 7,
  object: 8,
  same: 9,
} as const

/**
 * V8 stores integers up to this one inline on every platform, so that objects which hold them share one hidden class.
 */
const MAX_INTEGER = 2 ** 30 - 1

/** A piece ends when it has this many codes and numbers together, or this many characters. */
const MAX_CODES = 4_000
const MAX_CHARACTERS = 64_000

/**
 * Encodes a tree in canonical form, piece by piece.
 *
 * @param previous the tree that the receiver has; parts that are the same at the same place are not sent
 * @throws for a value that no configuration format has, such as a function
 */
export function* encode(root: unknown, previous?: unknown): Generator<Piece, void, undefined> {
  const known = new Map<string, number>()
  let [codes, numbers, strings]: [number[], number[], string[]] = [[], [], []]
  let characters = 0
  const isFull = (): boolean => codes.length + numbers.length >= MAX_CODES || characters >= MAX_CHARACTERS
  const take = (isLast: boolean): Piece => {
    const piece = { codes: Int32Array.from(codes), numbers: Float64Array.from(numbers), strings, isLast }
    ;[codes, numbers, strings, characters] = [[], [], [], 0]
    return piece
  }
  const indexOf = (text: string): number => {
    let index = known.get(text)
    if (index === undefined) {
      known.set(text, (index = known.size))
      strings.push(text)
      characters += text.length
    }
    return index
  }
  const writeNumber = (value: number): void => {
    if (Number.isInteger(value) && Math.abs(value) <= MAX_INTEGER && !Object.is(value, -0)) {
      codes.push(CODE.integer, value)
    } else {
      codes.push(CODE.number)
      numbers.push(value)
    }
  }
  function* write(value: unknown, before: unknown): Generator<Piece, void, undefined> {
    if (isFull()) yield take(false)
    if (value === null) codes.push(CODE.null)
    else if (value === undefined) codes.push(CODE.undefined)
    else if (typeof value === 'boolean') codes.push(value ? CODE.true : CODE.false)
    else if (typeof value === 'string') codes.push(CODE.string, indexOf(value))
    else if (typeof value === 'number') writeNumber(value)
    else if (typeof value !== 'object') throw new TypeError(`no value of a configuration format: ${typeof value}`)
    else if (value === before) codes.push(CODE.same)
    else if (Array.isArray(value)) {
      codes.push(CODE.array, value.length)
      for (const [index, item] of value.entries() as Iterable<[number, unknown]>) {
        yield* write(item, ownAt(before, index))
      }
    } else {
      const keys = Object.keys(value)
      codes.push(CODE.object, keys.length)
      for (const key of keys) {
        codes.push(indexOf(key))
        yield* write((value as Record<string, unknown>)[key], ownAt(before, key))
      }
    }
  }
  yield* write(root, previous)
  yield take(true)
}

/** An object or array that is being filled. Exactly one of `items`, `entries` and `object` is set. */
interface Open {
  readonly items?: unknown[]
  readonly entries?: [string, unknown][]
  /** Used for an object with too many keys for `Object.fromEntries` to be fast. */
  readonly object?: Record<string, unknown>
  /** The value at the same place in the previous tree. */
  readonly before: unknown
  /** The key of the next value, which may be in another piece. */
  key: string | undefined
  /** The number of values that are still missing. */
  left: number
}

/** Decodes the pieces of a tree and freezes it. */
export class Decoder {
  readonly #previous: unknown
  readonly #strings: string[] = []
  readonly #open: Open[] = []
  #root: unknown

  /** @param previous the same tree that the encoder used */
  constructor(previous: unknown) {
    this.#previous = previous
  }

  /** The tree, after the last piece was decoded. */
  get root(): unknown {
    return this.#root
  }

  take({ codes, numbers, strings }: Piece): void {
    for (const text of strings) this.#strings.push(text)
    let [at, number] = [0, 0]
    const next = (): number => codes[at++] as number
    while (at < codes.length) {
      const around = this.#open.at(-1)
      if (around && !around.items && around.key === undefined) {
        around.key = this.#strings[next()]
        continue
      }
      const code = next()
      if (code === CODE.string) this.#put(this.#strings[next()])
      else if (code === CODE.integer) this.#put(next())
      else if (code === CODE.number) this.#put(numbers[number++])
      else if (code === CODE.true || code === CODE.false) this.#put(code === CODE.true)
      else if (code === CODE.null) this.#put(null)
      else if (code === CODE.undefined) this.#put(undefined)
      else if (code === CODE.same) this.#put(this.#before())
      else this.#begin(code === CODE.array, next())
    }
  }

  /** The value at the place of the next value in the previous tree. */
  #before(): unknown {
    const around = this.#open.at(-1)
    if (!around) return this.#previous
    const segment: PathSegment = around.items ? around.items.length : (around.key ?? '')
    return ownAt(around.before, segment)
  }

  #begin(isArray: boolean, left: number): void {
    const filled = isArray ? { items: [] } : left > MAX_FAST_KEYS ? { object: {} } : { entries: [] }
    this.#open.push({ ...filled, before: this.#before(), key: undefined, left })
    if (left === 0) this.#end()
  }

  #put(value: unknown): void {
    const around = this.#open.at(-1)
    if (!around) {
      this.#root = value
      return
    }
    const { items, entries, object, key = '' } = around
    if (items) items.push(value)
    else if (entries) entries.push([key, value])
    else if (object) object[key] = value
    around.key = undefined
    if (--around.left === 0) this.#end()
  }

  #end(): void {
    const { items, entries, object } = this.#open.pop() as Open
    this.#put(Object.freeze(items ?? object ?? Object.fromEntries(entries ?? [])))
  }
}
