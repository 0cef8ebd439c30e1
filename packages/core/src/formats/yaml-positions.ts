import { EVENT_ID, getScalarValue } from 'js-yaml'
import type { Event } from 'js-yaml'

import type { PathSegment } from '../trees/path.js'
import { addPosition, emptyPositionMap, positionFinder } from './positions.js'
import type { PositionMap } from './positions.js'
import { NONE, readDocument, startOf } from './yaml-document.js'
import { numberIn } from './yaml-scalars.js'

/** Where a text that is YAML has its values. A value of a mapping is where its key is. */
export function mapPositions(text: string): PositionMap {
  const events = readDocument(text)
  const root = emptyPositionMap()
  const positionAt = positionFinder(text)
  // behind the beginning of the document
  let at = 1
  /** Where the last node ends that has a text. */
  let end = 0

  /** Walks the parser's flat list of events over one value. */
  const visit = (place: PositionMap | undefined): void => {
    const node = events[at++]
    if (node === undefined) return
    end = Math.max(end, endOf(node))
    if (node.type === EVENT_ID.SCALAR && place) {
      const number = numberIn(text, node)
      if (number !== undefined) place.number = number
    }
    if (node.type !== EVENT_ID.MAPPING && node.type !== EVENT_ID.SEQUENCE) return
    for (let index = 0; at < events.length && events[at]?.type !== EVENT_ID.POP; index++) {
      const first = events[at] as Event
      let start = startOf(text, first)
      let segment: PathSegment | undefined = index
      if (node.type === EVENT_ID.MAPPING) {
        segment = first.type === EVENT_ID.SCALAR ? getScalarValue(text, first) : undefined
        visit(undefined)
      } else if (start === NONE) start = index === 0 ? node.start : nextDash(text, end)
      end = Math.max(end, start + 1)
      const hasBelow = events[at]?.type !== EVENT_ID.SCALAR
      const position = positionAt(start === NONE ? end : start)
      visit(place && segment !== undefined ? addPosition(place, segment, position, hasBelow) : undefined)
    }
    at++
  }
  visit(root)
  return root
}

function endOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueEnd
  if (event.type === EVENT_ID.ALIAS) return event.anchorEnd
  return 'start' in event ? event.start : 0
}

/** Where an item of a list is that was left empty: at its dash, which begins a line. */
function nextDash(text: string, end: number): number {
  const dash = /^[ \t]*-/gm
  dash.lastIndex = end
  return dash.test(text) ? dash.lastIndex - 1 : end
}
