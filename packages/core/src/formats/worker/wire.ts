// How a tree comes over from another thread: in pieces that take well under a millisecond each to take apart, with every
// number as it is (JSON has no NaN and no -0), and without the parts that the other side has already.

import { MAX_FAST_KEYS } from '../../trees/build-object.js'
import { ownAt } from '../../trees/path.js'
import type { PathSegment } from '../../trees/path.js'

/** A stretch of a tree in the order in which it is written. */
export interface Piece {
  /** What comes next, each with its length, index or value where it has one. */
  readonly codes: Int32Array<ArrayBuffer>
  readonly numbers: Float64Array<ArrayBuffer>
  /** Those that no piece before it had; all are counted from the first piece on. */
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

/** Integers up to here are small ones to V8 everywhere, which needs no more memory for them and their objects one class. */
const MAX_INTEGER = 2 ** 30 - 1

/** What ends a piece: so many codes, so many numbers, or so many characters. */
const MAX_CODES = 4_000
const MAX_CHARACTERS = 64_000

/**
 * Takes a tree apart that was taken over.
 *
 * @param previous what the other side has; parts of it at the same place are not sent again
 * @throws for what is no value of a configuration format
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

/** An object or array that is being filled, by exactly one of the three. */
interface Open {
  readonly items?: unknown[]
  readonly entries?: [string, unknown][]
  /** What has too many keys for entries. */
  readonly object?: Record<string, unknown>
  /** What was at its place before. */
  readonly before: unknown
  /** The key whose value comes next, which may be in another piece. */
  key: string | undefined
  /** How many values are missing. */
  left: number
}

/** Puts a tree together again, frozen as it was. */
export class Decoder {
  readonly #previous: unknown
  readonly #strings: string[] = []
  readonly #open: Open[] = []
  #root: unknown

  /** @param previous the same as where it was taken apart */
  constructor(previous: unknown) {
    this.#previous = previous
  }

  /** What came, once the last piece was taken. */
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

  /** What was at the place of the next value before. */
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
