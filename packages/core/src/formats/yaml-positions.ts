import { EVENT_ID, getScalarValue } from 'js-yaml'
import type { Event } from 'js-yaml'

import type { PathSegment } from '../trees/path.js'
import { addPosition, emptyPositionMap, positionFinder } from './positions.js'
import type { PositionMap } from './positions.js'
import { NONE, readDocument, startOf } from './yaml-document.js'
import { numberIn } from './yaml-scalars.js'

/** Finds the positions of the values in a YAML text. The position of a value in a mapping is that of its key. */
export function mapPositions(text: string): PositionMap {
  const events = readDocument(text)
  const root = emptyPositionMap()
  const positionAt = positionFinder(text)
  // The first event is the start of the document.
  let at = 1
  /** The end of the last node that has text. */
  let end = 0
  /** The texts of the scalars with an anchor, since an alias may be a key. */
  const anchored = new Map<string, string>()

  const keyOf = (event: Event): string | undefined => {
    if (event.type === EVENT_ID.ALIAS) return anchored.get(text.slice(event.anchorStart, event.anchorEnd))
    return event.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : undefined
  }

  /** Visits the events of one value in the parser's flat list. */
  const visit = (place: PositionMap | undefined): void => {
    const node = events[at++]
    if (node === undefined) return
    end = Math.max(end, endOf(node))
    if (node.type === EVENT_ID.SCALAR) {
      const number = numberIn(text, node, events[0])
      if (place && number !== undefined) place.number = number
      if (node.anchorStart !== NONE) {
        anchored.set(text.slice(node.anchorStart, node.anchorEnd), getScalarValue(text, node))
      }
    }
    if (node.type !== EVENT_ID.MAPPING && node.type !== EVENT_ID.SEQUENCE) return
    for (let index = 0; at < events.length && events[at]?.type !== EVENT_ID.POP; index++) {
      const first = events[at] as Event
      let start = startOf(text, first)
      let segment: PathSegment | undefined = index
      if (node.type === EVENT_ID.MAPPING) {
        segment = keyOf(first)
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

/** Returns the position of an empty item of a list: that of its dash, which begins a line. */
function nextDash(text: string, end: number): number {
  const dash = /^[ \t]*-/gm
  dash.lastIndex = end
  return dash.test(text) ? dash.lastIndex - 1 : end
}
