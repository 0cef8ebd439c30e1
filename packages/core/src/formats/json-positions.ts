import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { MAX_DEPTH } from '../trees/bounds.js'
import { oddCharacter } from './odd-characters.js'
import { SyntaxProblem } from './syntax-problem.js'
import { addPosition, emptyPositionMap, positionFinder } from './positions.js'
import type { PositionMap } from './positions.js'

export const TWICE = 'this name is given twice in one object'

/** An object or array that is not closed yet. */
interface Open {
  readonly place: PositionMap
  readonly closing: '}' | ']'
}

/** What the grammar expects next. */
type Expected = 'a value' | 'a value or "]"' | 'a name in double quotes' | 'a name in double quotes or "}"' | 'a comma'

const BLANKS = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORD = /(?:true|false|null)\b/y
/** A backslash or a control character: a string with one must be parsed, any other can be copied. */
const SPECIAL = /[\\\p{Cc}]/u

/**
 * Parses JSON as `JSON.parse` does, but collects positions. It takes several times as long, so it runs only when a
 * position is needed, or when the text may hold a number or a name that `JSON.parse` changes.
 *
 * @throws {SyntaxProblem} for a text that is not JSON, and for a name that an object has twice
 */
export function* mapPositions(text: string): Walk<PositionMap> {
  const positionAt = positionFinder(text)
  const root = emptyPositionMap()
  const open: Open[] = []
  const steps = new Steps()
  /** The place of the next value of an object, once its name has been read. */
  let named: PositionMap | undefined
  let expected: Expected = 'a value'
  let at = 0

  const fail = (what: string, offset = at): never => {
    if (open.length > MAX_DEPTH) throw new SyntaxProblem('is not JSON and nests too deep', positionAt(offset))
    const expectation = /\/[/*]/y.test(text.slice(offset, offset + 2)) ? 'expected no comment' : what
    const end = offset >= text.length ? 'unexpected end of the text, ' : ''
    throw new SyntaxProblem(`is not JSON: ${end}${expectation}${oddCharacter(text, offset)}`, positionAt(offset))
  }
  const skipBlanks = (): void => {
    at = endOf(BLANKS, text, at)
  }
  const readString = (): string => {
    const end = endOfString(text, at)
    const raw = end < 0 ? fail('unexpected end of string') : text.slice(at, end)
    try {
      const value = SPECIAL.test(raw) ? (JSON.parse(raw) as string) : raw.slice(1, -1)
      at = end
      return value
    } catch {
      return fail('invalid escape or control character in a string')
    }
  }
  const placeOfValue = (hasBelow: boolean): PositionMap => {
    const around = open.at(-1)
    if (!around) return root
    const place = named ?? addPosition(around.place, around.place.below.size, positionAt(at), hasBelow)
    named = undefined
    return place
  }

  for (;;) {
    if (steps.isPauseDue()) yield
    skipBlanks()
    const char = text[at]
    const around = open.at(-1)
    if (expected === 'a comma') {
      if (!around) return char === undefined ? root : fail('expected nothing after the value')
      if (char === around.closing) {
        open.pop()
        at++
      } else if (char === ',') {
        expected = around.closing === '}' ? 'a name in double quotes' : 'a value'
        at++
      } else fail(`expected a comma or "${around.closing}"`)
    } else if (around?.closing === '}' && !named) {
      if (char === '}' && expected.endsWith('"}"')) {
        open.pop()
        at++
        expected = 'a comma'
        continue
      }
      if (char !== '"') fail(`expected ${expected}`)
      const start = at
      const name = readString()
      if (around.place.below.has(name)) fail(TWICE, start)
      named = addPosition(around.place, name, positionAt(start))
      skipBlanks()
      if (text[at] !== ':') fail('expected a colon')
      at++
      expected = 'a value'
    } else if (char === '{' || char === '[') {
      open.push({ place: placeOfValue(true), closing: char === '{' ? '}' : ']' })
      expected = char === '{' ? 'a name in double quotes or "}"' : 'a value or "]"'
      at++
    } else if (char === ']' && expected === 'a value or "]"') {
      open.pop()
      at++
      expected = 'a comma'
    } else {
      const place = placeOfValue(false)
      const start = at
      if (char === '"') readString()
      else if ((at = endOf(WORD, text, at)) === start && (at = endOf(NUMBER, text, at)) > start) {
        place.number = text.slice(start, at)
      }
      if (at === start) fail(`expected ${expected}`)
      expected = 'a comma'
    }
  }
}

/** Returns the end of a match that begins at an offset, or the offset itself when there is no match. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** @returns the offset after the closing quote, or -1 when the line has none */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const char = text.charCodeAt(at)
    if (char === 34) return at + 1
    if (char === 92) at++
    else if (char === 10 || Number.isNaN(char)) return -1
  }
}
