import { inSlices, Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { isBranch } from '../trees/tree.js'
import { checkNumbers } from './check-numbers.js'
import { SyntaxProblem } from './format.js'
import type { Format } from './format.js'
import { mapPositions } from './json-positions.js'
import type { PositionMap } from './positions.js'

export const json: Format = {
  heavyBytes: 1024 * 1024,

  async parse(text) {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      // V8's message quotes the text and often has no position, so the text is read again by what finds the fault
      await positions(text)
      throw new SyntaxProblem('is not JSON')
    }
    if (!(await inSlices(isKept(text, value)))) checkNumbers(await positions(text))
    return value
  },

  positions,
}

function positions(text: string): Promise<PositionMap> {
  return inSlices(mapPositions(text))
}

/**
 * Whether `JSON.parse` has certainly kept all of a text. It drops all but the last of two equal names: then the text has
 * more names than the value. And it rounds numbers: none of them is longer than 15 characters then, or has an exponent.
 */
function* isKept(text: string, value: unknown): Walk<boolean> {
  const names = yield* countNames(text)
  return names !== undefined && names === (yield* countKeys(value))
}

/** Up to so many digits, every number comes back from a text as it was. */
const MAX_EXACT_LENGTH = 15

const [COMMA, DOT, ZERO, NINE, COLON, BACKSLASH, LETTER_E] = [44, 46, 48, 57, 58, 92, 101]

/** @returns how many names the objects of a valid text have; `undefined` for a text with a number that may be changed */
function* countNames(text: string): Walk<number | undefined> {
  const steps = new Steps()
  let names = 0
  for (let at = 0; ;) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    for (let digits = 0; at < end; at++) {
      const char = text.charCodeAt(at)
      if ((char >= ZERO && char <= NINE) || char === DOT) {
        if (++digits > MAX_EXACT_LENGTH) return undefined
        continue
      }
      if (digits > 0 && (char | 0x20) === LETTER_E) return undefined
      digits = 0
      if (char === COLON) names++
      else if (char === COMMA && steps.isPauseDue()) yield
    }
    if (quote < 0) return names
    at = endOfString(text, quote)
  }
}

/** The offset behind a string that begins at an offset. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at)
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at + 1
  }
}

/** How many keys all objects of a value have that was just parsed. */
function* countKeys(value: unknown): Walk<number> {
  const steps = new Steps()
  const open = [value]
  let count = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!isBranch(next)) continue
    const values: unknown[] = Array.isArray(next) ? next : Object.values(next)
    if (values !== next) count += values.length
    for (const below of values) if (isBranch(below)) open.push(below)
    if (steps.isPauseDue(values.length)) yield
  }
  return count
}
