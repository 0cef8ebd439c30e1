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

/** @throws {SyntaxProblem} for a text that is not JSON, or that `JSON.parse` does not keep exactly */
export function* parseJson(text: string): Walk<unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // V8's message quotes the text and often has no position. So a second parser finds the fault and throws.
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
 * Whether `JSON.parse` has certainly kept all of a text. It can lose data in three ways:
 *
 * - It drops all but the last of equal names. Then the text has more names than the value.
 * - It rounds numbers. Only a number with more than 15 characters or with an exponent can change.
 * - V8 13 (Node 24) takes the name `a\n` or `a"` for the name `a\`, which is written `a\\`, when it has read that one
 *   before in the process. Only a name that is written with a backslash can change.
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
      const hint = 'choose one that is written without a backslash'
      throw new SyntaxProblem(`is not kept by this Node's JSON.parse, which changes the name; ${hint}`, below.position)
    }
    checkNames(below, (value as Tree)[name], depth + 1)
  }
}

/** `JSON.parse` returns every number with at most this many characters exactly. */
const MAX_EXACT_LENGTH = 15

const [COMMA, NINE, COLON, BACKSLASH, LETTER_E] = [44, 57, 58, 92, 101]

/** Counting the names in this many characters takes about a tenth of a millisecond. */
const CHARACTERS_BETWEEN_PAUSES = 64 * 1024

/**
 * @returns the number of names in all objects of a valid text, or `undefined` when a number or a name may be changed
 */
function* countNames(text: string): Walk<number | undefined> {
  const scan = { at: 0, names: 0, backslash: -1, hasEscape: false }
  // The loop over the characters is a function of its own, because V8 optimizes generators less well.
  while (scan.at < text.length) {
    if (scan.at > 0) yield
    if (!scanNames(text, scan, scan.at + CHARACTERS_BETWEEN_PAUSES)) return undefined
  }
  return scan.names
}

interface Scan {
  at: number
  names: number
  /** The next backslash, once `at` is before it. */
  backslash: number
  /** Whether the previous string has a backslash. */
  hasEscape: boolean
}

/** Continues to count, at least up to an offset. @returns `false` for a number or a name that may be changed */
function scanNames(text: string, scan: Scan, until: number): boolean {
  let { at, names, backslash, hasEscape } = scan
  while (at < until && at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    // Outside of strings, there are only numbers, words, blanks and punctuation.
    for (let digits = 0; at < end; at++) {
      const char = text.charCodeAt(at)
      if (char <= COMMA) digits = 0
      else if (char <= NINE) {
        if (++digits > MAX_EXACT_LENGTH) return false
      } else if (char === COLON) {
        if (hasEscape) return false
        names++
      } else if (digits > 0) {
        if ((char | 0x20) === LETTER_E) return false
        digits = 0
      }
    }
    if (quote >= 0) {
      if (backslash < quote) backslash = indexOrEnd(text, '\\', quote)
      at = endOfString(text, text.indexOf('"', quote + 1))
      hasEscape = backslash < at
    }
  }
  Object.assign(scan, { at, names, backslash, hasEscape })
  return true
}

function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from)
  return index < 0 ? text.length : index
}

/** Returns the offset after a string. @param quote the first quote that may end the string */
function endOfString(text: string, quote: number): number {
  for (let at = quote; ; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at + 1
  }
}

/** Counts the keys of all objects in a value. It needs no pauses, because it is faster than the parsing was. */
function countKeys(value: object, depth = 0): number {
  // Deeper nesting is rejected later. Here it could overflow the stack.
  if (depth > MAX_DEPTH) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (isBranch(item)) count += countKeys(item, depth + 1)
    return count
  }
  // The parser created the value, so it has only enumerable properties of its own. `Object.keys` would be slower.
  for (const name in value) {
    count++
    const below = (value as Tree)[name]
    if (isBranch(below)) count += countKeys(below, depth + 1)
  }
  return count
}
