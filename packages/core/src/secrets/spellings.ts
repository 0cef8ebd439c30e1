/**
 * A text that may contain secrets, as bytes. Each byte has the range of characters that spell it in the original text.
 */
export interface Spelling {
  readonly bytes: Uint8Array
  readonly length: number
  /** The start of the characters of each byte. */
  readonly from: Uint32Array
  /** The end of the characters of each byte. */
  readonly to: Uint32Array
}

/** The maximum depth of nested spellings, such as base64 in JSON in JSON. */
const MAX_DEPTH = 3

/** Separates parts that are not adjacent. No UTF-8 text contains this byte. */
const GAP = 0xff

const BACKSLASH = 0x5c
const LETTER_U = 0x75
const LETTER_X = 0x78
const PERCENT = 0x25
const SPACE = 0x20
const COLON = 0x3a

/** The escapes of JSON and JavaScript, by the code of the letter after the backslash. Other letters mean themselves. */
const ESCAPES = new Map(
  Object.entries({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' }).map(([letter, meant]) => [
    letter.charCodeAt(0),
    meant.charCodeAt(0),
  ]),
)

const HEX = valuesOf('0123456789abcdef', '0123456789ABCDEF')
const BASE64 = valuesOf(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
)

/** A way to spell text, such as base64. */
interface Way {
  /** Matches a text that may spell six bytes in this way. */
  readonly isIn: RegExp
  /** Matches a text that may spell three bytes in this way, when that differs. */
  readonly isInShort?: RegExp
  readonly undo: readonly ((spelling: Spelling) => Spelling)[]
}

const WAYS: readonly Way[] = [
  { isIn: /\\/, undo: [withoutEscapes] },
  { isIn: /%[\da-f]{2}/i, undo: [withoutPercents] },
  {
    isIn: /[\w+/-]{8}/,
    isInShort: /[\w+/-]{4}/,
    undo: [0, 1, 2, 3].map((skipped) => (spelling) => fromBase64(spelling, skipped)),
  },
  {
    isIn: /\d(?:[^\da-z]{1,64}\d+){5}/i,
    isInShort: /\d(?:[^\da-z]{1,64}\d+){2}/i,
    undo: [fromNumbers],
  },
  { isIn: /(?:[\da-f]{2}[ :]?){3}/i, undo: [0, 1].map((skipped) => (spelling) => fromHex(spelling, skipped)) },
]

/**
 * Yields a text as it is, and then decoded from each way to spell a secret: escapes of JSON and JavaScript,
 * URL-encoding, base64 (standard and for URLs, at any offset in longer base64), hex and lists of bytes.
 *
 * The text is decoded, instead of encoding each secret, so that the cost depends only on the length of the text.
 *
 * @param withShort whether texts of three bytes are searched for as well; in nested spellings they are not found
 */
export function* spellingsOf(text: string, withShort: boolean): Generator<Spelling, void, undefined> {
  yield* withUndone(asWritten(text), withShort, 0)
}

function* withUndone(spelling: Spelling, withShort: boolean, depth: number): Generator<Spelling, void, undefined> {
  yield spelling
  if (depth === MAX_DEPTH) return
  const ascii = asciiOf(spelling)
  for (const { isIn, isInShort = isIn, undo } of WAYS) {
    if (!(withShort ? isInShort : isIn).test(ascii)) continue
    for (const undone of undo) yield* withUndone(undone(spelling), false, depth + 1)
  }
}

/** Returns the bytes as characters. Those beyond ASCII have no meaning. */
function asciiOf({ bytes, length }: Spelling): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
}

/** Returns a text in UTF-8. */
export function asWritten(text: string): Spelling {
  const length = Buffer.byteLength(text)
  // A fast path, because most texts are ASCII.
  if (length === text.length)
    return { bytes: Buffer.from(text, 'latin1'), length, from: countTo(length), to: countTo(length, 1) }
  const writer = new Writer(text.length * 3)
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index) as number
    const end = index + (code > 0xffff ? 2 : 1)
    writer.character(code, index, end)
    index = end - 1
  }
  return writer.spelling
}

function countTo(length: number, first = 0): Uint32Array {
  const numbers = new Uint32Array(length)
  for (let index = 0; index < length; index++) numbers[index] = index + first
  return numbers
}

function withoutEscapes(spelling: Spelling): Spelling {
  const { bytes, length, from, to } = spelling
  const writer = new Writer(length)
  for (let index = 0; index < length;) {
    const escape = bytes[index] === BACKSLASH ? escapeAt(spelling, index + 1) : undefined
    const end = index + 1 + (escape?.length ?? 0)
    if (escape) writer.character(escape.code, from[index] as number, to[end - 1] as number)
    else writer.byte(bytes[index] as number, from[index] as number, to[index] as number)
    index = end
  }
  return writer.spelling
}

/** Decodes the escape after a backslash. @returns the character, and the number of bytes that spell it */
function escapeAt(spelling: Spelling, index: number): { code: number; length: number } | undefined {
  const letter = spelling.bytes[index]
  if (letter === undefined || index >= spelling.length) return undefined
  const digits = letter === LETTER_U ? 4 : letter === LETTER_X ? 2 : 0
  const code = digits > 0 ? hexAt(spelling, index + 1, digits) : undefined
  if (code === undefined) return { code: ESCAPES.get(letter) ?? letter, length: 1 }
  // A character beyond U+FFFF is spelled as two surrogate halves.
  const isHalf = code >= 0xd800 && code < 0xdc00 && spelling.bytes[index + 6] === LETTER_U
  const other = isHalf ? hexAt(spelling, index + 7, 4) : undefined
  if (other === undefined || other < 0xdc00 || other > 0xdfff) return { code, length: digits + 1 }
  return { code: 0x10000 + ((code - 0xd800) << 10) + (other - 0xdc00), length: 11 }
}

function hexAt({ bytes, length }: Spelling, index: number, digits: number): number | undefined {
  if (index + digits > length) return undefined
  let number = 0
  for (const byte of bytes.subarray(index, index + digits)) {
    const value = HEX[byte] as number
    if (value < 0) return undefined
    number = number * 16 + value
  }
  return number
}

function withoutPercents(spelling: Spelling): Spelling {
  const { bytes, length, from, to } = spelling
  const writer = new Writer(length)
  for (let index = 0; index < length;) {
    const byte = bytes[index] as number
    const code = byte === PERCENT ? hexAt(spelling, index + 1, 2) : undefined
    const end = code === undefined ? index : index + 2
    writer.byte(code ?? byte, from[index] as number, to[end] as number)
    index = end + 1
  }
  return writer.spelling
}

/** @param skipped the number of characters to skip at the start of each run, because they belong to other bytes */
function fromBase64({ bytes, length, from, to }: Spelling, skipped: number): Spelling {
  const writer = new Writer(length)
  let [run, bits, held] = [0, 0, 0]
  for (let index = 0; index < length; index++) {
    const value = BASE64[bytes[index] as number] as number
    if (value < 0) {
      if (run > skipped) writer.gap(from[index] as number)
      ;[run, bits] = [0, 0]
    } else if (run++ >= skipped) {
      held = ((held << 6) | value) & 0xffff
      bits += 6
      if (bits >= 8) {
        bits -= 8
        writer.byte((held >> bits) & 0xff, from[index - 1] as number, to[index] as number)
      }
    }
  }
  return writer.spelling
}

/** Decodes hex. A blank or a colon may separate pairs of digits. @param skipped as for base64 */
function fromHex({ bytes, length, from, to }: Spelling, skipped: number): Spelling {
  const writer = new Writer(length)
  let run = 0
  for (let index = 0; index < length; index++) {
    const value = HEX[bytes[index] as number] as number
    const isBetween = run > skipped && (run - skipped) % 2 === 0 && (bytes[index] === SPACE || bytes[index] === COLON)
    if (isBetween) continue
    if (value < 0) {
      if (run > skipped) writer.gap(from[index] as number)
      run = 0
    } else if (run++ >= skipped && (run - skipped) % 2 === 0) {
      const high = HEX[bytes[index - 1] as number] as number
      writer.byte(high * 16 + value, from[index - 1] as number, to[index] as number)
    }
  }
  return writer.spelling
}

/**
 * Decodes bytes that are written as a list of numbers, such as the JSON form of a buffer: `[104, 117]`. Where each has its
 * index, as in `{"0":104,"1":117}`, the index does not count. Anything without letters separates two numbers.
 */
function fromNumbers(spelling: Spelling): Spelling {
  const { length, from, to } = spelling
  const writer = new Writer(length)
  for (const { 0: part, 1: digits, 2: isIndex, index } of asciiOf(spelling).matchAll(/(\d+)(["']:)?|[a-z]+/gi)) {
    const number = Number(digits)
    const end = index + part.length - 1
    if (isIndex) continue
    if (number <= 0xff) writer.byte(number, from[index] as number, to[end] as number)
    else writer.gap(from[index] as number)
  }
  return writer.spelling
}

/** Writes bytes with the range of characters that spell each of them. */
class Writer {
  readonly #bytes: Uint8Array
  readonly #from: Uint32Array
  readonly #to: Uint32Array
  #length = 0

  constructor(size: number) {
    this.#bytes = new Uint8Array(size)
    this.#from = new Uint32Array(size)
    this.#to = new Uint32Array(size)
  }

  byte(byte: number, from: number, to: number): void {
    this.#bytes[this.#length] = byte
    this.#from[this.#length] = from
    this.#to[this.#length++] = to
  }

  /** Writes a character in UTF-8. */
  character(code: number, from: number, to: number): void {
    if (code < 0x80) return this.byte(code, from, to)
    for (const byte of Buffer.from(String.fromCodePoint(code))) this.byte(byte, from, to)
  }

  gap(at: number): void {
    if (this.#length > 0 && this.#bytes[this.#length - 1] !== GAP) this.byte(GAP, at, at)
  }

  get spelling(): Spelling {
    return { bytes: this.#bytes, length: this.#length, from: this.#from, to: this.#to }
  }
}

function valuesOf(...alphabets: readonly string[]): Int8Array {
  const values = new Int8Array(256).fill(-1)
  for (const alphabet of alphabets) Array.from(alphabet, (letter, value) => (values[letter.charCodeAt(0)] = value))
  return values
}
