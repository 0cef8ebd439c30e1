import { EVENT_ID, SCALAR_STYLE, getScalarValue } from 'js-yaml'
import type { Event, ScalarEvent } from 'js-yaml'

import { numberFault } from './exact-number.js'
import { SyntaxProblem } from './syntax-problem.js'
import { ODD_BLANK } from './odd-characters.js'
import { positionFinder } from './positions.js'
import { blankProblem } from './yaml-blanks.js'
import { NONE, startOf } from './yaml-document.js'
import { isMergeTag, isNumberTag, tagOf } from './yaml-tags.js'

const NUMBER =
  /^(?:0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/**
 * Returns the text of a scalar that YAML reads as a number.
 *
 * @param document the event that starts the document
 */
export function numberIn(text: string, event: ScalarEvent, document: Event | undefined): string | undefined {
  const isTagged = event.tagStart !== NONE
  if (isTagged ? !isNumberTag(tagOf(text, event, document)) : event.style !== SCALAR_STYLE.PLAIN) return undefined
  const value = getScalarValue(text, event)
  return isTagged || NUMBER.test(value) ? value : undefined
}

const HAS_ODD_BLANK = new RegExp(ODD_BLANK)
/** A character that looks like a blank, at a place where only a real blank would separate texts. */
const MISPLACED_BLANK = new RegExp(`${ODD_BLANK}(?:(?<=(?:^|:|\\n[ \\t]*[-?]?).)|$)`)

/**
 * Checks the scalars of a document, and makes the keys of its mappings texts. Otherwise YAML would change the key
 * `3.10` to `3.1`, and `1e3` to `1000`.
 *
 * @returns the problem of the first number that JavaScript can't hold exactly
 * @throws {SyntaxProblem} for a key that is not a scalar, for a second merge key in one mapping, for a text without
 *   quotes that begins or ends with a character that only looks like a blank, and for an empty line that would be lost
 */
export function checkScalars(text: string, events: readonly Event[]): SyntaxProblem | undefined {
  const hasOddBlanks = HAS_ODD_BLANK.test(text)
  const hasEscapedEnds = /\\[\r\n]/.test(text)
  /** The kind of the next node in every mapping, sequence and document that is still open. */
  const next: ('key' | 'value' | 'item')[] = []
  /** Whether a mapping that is still open has a merge key. */
  const merges: boolean[] = []
  const document = events[0]
  let problem: SyntaxProblem | undefined
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      next.pop()
      merges.length = next.length + 1
      continue
    }
    const isKey = next.at(-1) === 'key'
    if (isKey || next.at(-1) === 'value') next[next.length - 1] = isKey ? 'value' : 'key'
    if (isKey && (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE)) {
      throw new SyntaxProblem('is not YAML: expected a key that is text', positionFinder(text)(startOf(text, event)))
    }
    if (event.type === EVENT_ID.MAPPING) next.push('key')
    else if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.DOCUMENT) next.push('item')
    else if (event.type === EVENT_ID.SCALAR) {
      if (hasOddBlanks) checkBlanks(text, event)
      if (hasEscapedEnds) checkEscapedEnds(text, event)
      const number = isKey || problem ? undefined : numberIn(text, event, document)
      const fault = number === undefined ? undefined : numberFault(number)
      if (fault !== undefined) problem = new SyntaxProblem(fault, positionFinder(text)(startOf(text, event)))
      if (isKey && isMerge(text, event, document)) {
        if (merges[next.length]) throw new SyntaxProblem(TWO_MERGES, positionFinder(text)(startOf(text, event)))
        merges[next.length] = true
      } else if (isKey) keepKey(event)
    }
  }
  return problem
}

const TWO_MERGES = 'is not YAML: has the merge key << twice in one mapping: write one with a list, as <<: [*a, *b]'

function isMerge(text: string, event: ScalarEvent, document: Event | undefined): boolean {
  const { style, valueStart, valueEnd, tagStart } = event
  if (tagStart !== NONE) return isMergeTag(tagOf(text, event, document))
  return style === SCALAR_STYLE.PLAIN && text.slice(valueStart, valueEnd) === '<<'
}

/** Makes a key text, as if it were in quotes. Only a plain scalar on one line can be another type. */
function keepKey(event: ScalarEvent): void {
  if (event.style === SCALAR_STYLE.PLAIN && event.tagStart === NONE && (event.fast || event.valueStart === NONE)) {
    event.style = SCALAR_STYLE.SINGLE_QUOTED
  }
}

function checkBlanks(text: string, event: ScalarEvent): void {
  if (event.style !== SCALAR_STYLE.PLAIN || event.valueStart === NONE) return
  const found = MISPLACED_BLANK.exec(text.slice(event.valueStart, event.valueEnd))
  if (found) throw blankProblem(text, event.valueStart + found.index)
}

const ESCAPE = /\\(?:\r\n|[^])/g
const EMPTY_LINE = /[ \t]*[\r\n]/y

/** The parser drops the empty lines after a backslash at the end of a line. By the specification, each is a line end. */
function checkEscapedEnds(text: string, event: ScalarEvent): void {
  if (event.style !== SCALAR_STYLE.DOUBLE_QUOTED) return
  const raw = text.slice(event.valueStart, event.valueEnd)
  for (const { 0: escape, index } of raw.matchAll(ESCAPE)) {
    EMPTY_LINE.lastIndex = index + escape.length
    if (!/[\r\n]$/.test(escape) || !EMPTY_LINE.test(raw)) continue
    const message = 'has an empty line after a backslash at the end of a line, which is not kept: write \\n instead'
    throw new SyntaxProblem(message, positionFinder(text)(event.valueStart + index))
  }
}
