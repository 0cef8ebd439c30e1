import { inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { MAX_DEPTH } from '../trees/bounds.js'
import { isBranch } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'
import { checkNumbers } from './check-numbers.js'
import { SyntaxProblem } from './syntax-problem.js'
import type { Parser } from './parser.js'
import type { PositionMap } from './positions.js'
import { mapPositions } from './json-positions.js'

export const json: Parser = {
  heavyBytes: 1024 * 1024,

  parse: async (text) => inSlices(parseJson(text)),

  positions: async (text) => inSlices(mapPositions(text)),
}

/** @throws {SyntaxProblem} for what is no JSON, and where `JSON.parse` would not keep all of it */
export function* parseJson(text: string): Walk<unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // V8's message quotes the text and often has no position, so the text is read again by what finds the fault
    yield* mapPositions(text)
    throw new SyntaxProblem('is not JSON')
  }
  if (!(yield* isKept(text, value))) {
    const positions = yield* mapPositions(text)
    checkNumbers(positions)
    checkNames(positions, value)
  }
  return value
}

/**
 * Whether `JSON.parse` has certainly kept all of a text. It drops all but the last of two equal names: then the text has
 * more names than the value. It rounds numbers: none of them is longer than 15 characters then, or has an exponent. And
 * V8 13 (Node 24) takes the name `a"` for `a\\` where it has read that one before: no name has an escaped quote then.
 */
function* isKept(text: string, value: unknown): Walk<boolean> {
  const names = yield* countNames(text)
  return names !== undefined && names === (isBranch(value) ? countKeys(value) : 0)
}

/** @throws {SyntaxProblem} for a name that `JSON.parse` has changed */
function checkNames(place: PositionMap, value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH || !isBranch(value)) return
  for (const [name, below] of place.below) {
    if (!Object.hasOwn(value, name)) {
      const hint = 'write \\u0022 for the quote in it'
      throw new SyntaxProblem(`is not kept by this Node's JSON.parse, which changes the name; ${hint}`, below.position)
    }
    checkNames(below, (value as Tree)[name], depth + 1)
  }
}

/** Every number with so few characters comes back from JSON.parse as it was. */
const MAX_EXACT_LENGTH = 15

const [COMMA, NINE, COLON, BACKSLASH, LETTER_E] = [44, 57, 58, 92, 101]

/** So many characters take about a tenth of a millisecond. */
const CHARACTERS_BETWEEN_PAUSES = 64 * 1024

/** @returns how many names the objects of a valid text have; `undefined` where a number or a name may be changed */
function* countNames(text: string): Walk<number | undefined> {
  const scan = { at: 0, names: 0, hasQuote: false }
  // the loop over the characters is a function of its own, since a generator is not optimized as well
  while (scan.at < text.length) {
    if (scan.at > 0) yield
    if (!scanNames(text, scan, scan.at + CHARACTERS_BETWEEN_PAUSES)) return undefined
  }
  return scan.names
}

interface Scan {
  at: number
  names: number
  /** Whether the string before has an escaped quote. */
  hasQuote: boolean
}

/** Counts on, until at least an offset. @returns `false` for a number or a name that may be changed */
function scanNames(text: string, scan: Scan, until: number): boolean {
  let { at, names, hasQuote } = scan
  while (at < until && at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    // outside of strings there are only numbers, words, blanks and punctuation
    for (let digits = 0; at < end; at++) {
      const char = text.charCodeAt(at)
      if (char <= COMMA) digits = 0
      else if (char <= NINE) {
        if (++digits > MAX_EXACT_LENGTH) return false
      } else if (char === COLON) {
        if (hasQuote) return false
        names++
      } else if (digits > 0) {
        if ((char | 0x20) === LETTER_E) return false
        digits = 0
      }
    }
    if (quote >= 0) {
      const next = text.indexOf('"', quote + 1)
      at = endOfString(text, next)
      hasQuote = at > next + 1
    }
  }
  Object.assign(scan, { at, names, hasQuote })
  return true
}

/** The offset behind a string, from its first quote that may end it. */
function endOfString(text: string, quote: number): number {
  for (let at = quote; ; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at + 1
  }
}

/** How many keys all objects of a value have. Without pauses: it takes less time than parsing the text did. */
function countKeys(value: object, depth = 0): number {
  // what nests deeper is rejected later, and would be too deep for this
  if (depth > MAX_DEPTH) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (isBranch(item)) count += countKeys(item, depth + 1)
    return count
  }
  // the value is a parser's own, so every property is enumerable and its own; a list of the names would take longer
  for (const name in value) {
    count++
    const below = (value as Tree)[name]
    if (isBranch(below)) count += countKeys(below, depth + 1)
  }
  return count
}
