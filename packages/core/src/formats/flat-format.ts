import { valueAt } from '../trees/path.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import { setAt } from '../trees/nest.js'
import type { Tree } from '../trees/tree.js'
import type { Position } from './positions.js'
import type { KeyToPaths, Parser } from './parser.js'
import { SyntaxProblem } from './syntax-problem.js'
import { emptyPositionMap, addPosition } from './positions.js'

/**
 * A key and its value in a flat text. The value of a section header is an empty object. The value of a list is the same
 * array for each item, which is the last one of the array then.
 */
export interface Pair {
  readonly path: readonly string[]
  readonly value: unknown
  readonly position: Position
}

/** Removes the blanks around a text. `trim()` would also remove characters that only look like blanks. */
export function trimBlanks(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text.charAt(start))) start++
  while (end > start && isBlank(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

export function isBlank(char: string): boolean {
  return char === ' ' || char === '\t'
}

/**
 * Checks a value without quotes around it, from which a comment was cut. A quote that is not closed may have been meant
 * to include the comment.
 *
 * @param quotes the characters that are quotes in the format
 * @throws {SyntaxProblem} when the value begins with a quote that is not closed
 */
export function checkQuotes(value: string, quotes: string, position: Position): void {
  const quote = value.charAt(0)
  if (quote === '' || !quotes.includes(quote) || value.includes(quote, 1)) return
  throw new SyntaxProblem('begins with a quote that is not closed before a comment: close it', position)
}

/** Further ones say nothing new. */
const MAX_REPEATED = 100

/** A format whose texts are flat lists of keys and values. */
export function flatFormat(pairsOf: (text: string, keyToPaths: KeyToPaths) => Iterable<Pair>): Parser {
  return {
    heavyBytes: 32 * 1024,
    isFlat: true,
    parse(text, keyToPaths, repeated = []) {
      const tree: Tree = {}
      for (const { path, value, position } of pairsOf(text, keyToPaths)) {
        if (path.join('') === '') throw new SyntaxProblem('expected a key before the value', position)
        const before = valueAt(tree, path)
        if (isPlainObject(value) && isPlainObject(before)) continue
        if (before !== undefined && before !== value && repeated.length < MAX_REPEATED) {
          repeated.push({ path, position })
        }
        try {
          setAt(tree, path, value)
        } catch (error) {
          throw error instanceof TreeError ? new SyntaxProblem(error.message, position, error.path) : error
        }
      }
      return tree
    },
    positions(text, keyToPaths) {
      const root = emptyPositionMap()
      for (const { path, value, position } of pairsOf(text, keyToPaths)) {
        let place = root
        for (const segment of path) place = place.below.get(segment) ?? addPosition(place, segment, position)
        place.position = position
        if (Array.isArray(value)) addPosition(place, value.length - 1, position)
      }
      return root
    },
  }
}
