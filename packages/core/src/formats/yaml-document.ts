import { EVENT_ID, SCALAR_STYLE, parseEvents } from 'js-yaml'
import type { Event, ScalarEvent } from 'js-yaml'

import { MAX_DEPTH } from '../trees/bounds.js'
import { SyntaxProblem } from './syntax-problem.js'
import { positionFinder } from './positions.js'
import { checkDirectives } from './yaml-directives.js'

/** The parser's value for an offset that an event does not have. */
export const NONE = -1

/**
 * Returns the parser's events for the single document of a text, or none for a text without a document. Empty documents
 * do not count, because a `---` at the end is common.
 *
 * @throws {SyntaxProblem} for a second document, and for a directive that changes what the text means
 * @throws {YAMLException} for a text that is not YAML
 */
export function readDocument(text: string): readonly Event[] {
  checkDirectives(text)
  const events = parseEvents(text, { maxDepth: MAX_DEPTH })
  const starts = Array.from(events.keys()).filter(
    (index) => events[index]?.type === EVENT_ID.DOCUMENT && !isNothing(events[index + 1]),
  )
  const [first, second] = starts
  if (second !== undefined) {
    const start = startOf(text, events[second + 1] as Event)
    const [marker, end] = [text.lastIndexOf('\n---', start) + 1, text.lastIndexOf('\n...', start) + 1]
    const position = positionFinder(text)(marker > end ? marker : start)
    throw new SyntaxProblem('holds several documents: expected a single document', position)
  }
  if (first === undefined) return []
  const end = events.findIndex((event, index) => index > first && event.type === EVENT_ID.DOCUMENT)
  return events.slice(first, end < 0 ? undefined : end)
}

function isNothing(event: Event | undefined): boolean {
  return (
    event?.type === EVENT_ID.SCALAR &&
    event.valueStart === NONE &&
    event.tagStart === NONE &&
    event.anchorStart === NONE
  )
}

/** Returns the offset where a node begins, with its tag and anchor, or -1 for a value that was omitted. */
export function startOf(text: string, event: Event): number {
  const value = event.type === EVENT_ID.SCALAR ? startOfScalar(text, event) : 'start' in event ? event.start : NONE
  // The parser's offset is that of the name, which follows the sign `&` or `*`.
  const anchor = 'anchorStart' in event && event.anchorStart !== NONE ? event.anchorStart - 1 : NONE
  const tag = 'tagStart' in event ? event.tagStart : NONE
  const starts = [value, anchor, tag].filter((offset) => offset !== NONE)
  return starts.length === 0 ? NONE : Math.min(...starts)
}

const BLOCK_HEADER = /[|>][-+\d]*[ \t]*(?:#.*)?$/

function startOfScalar(text: string, { style, valueStart }: ScalarEvent): number {
  if (valueStart === NONE || style === SCALAR_STYLE.PLAIN) return valueStart
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return valueStart - 1
  // A block of text begins with its header, on the line before its first line of text.
  const header = text.slice(text.lastIndexOf('\n', valueStart - 2) + 1, valueStart).trimEnd()
  return text.lastIndexOf('\n', valueStart - 2) + 1 + Math.max(header.search(BLOCK_HEADER), 0)
}
