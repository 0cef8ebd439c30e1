import { CORE_SCHEMA, EVENT_ID, Schema, YAMLException, getScalarValue, load, mergeTag, parseEvents } from 'js-yaml'
import type { Event } from 'js-yaml'

import type { PathSegment } from '../trees/path.js'
import { MAX_DEPTH } from '../trees/bounds.js'
import { SyntaxProblem } from './format.js'
import { addPosition, positionFinder, emptyPositionMap } from './positions.js'
import type { Format } from './format.js'
import type { PositionMap } from './positions.js'

// YAML 1.2, so that `no` is text and not false, plus the merge key, which ConfigMaps in the field rely on
const schema = new Schema([...CORE_SCHEMA.tags, mergeTag])

export const yaml: Format = {
  heavyBytes: 32 * 1024,

  parse(text) {
    try {
      return load(text, { schema, maxDepth: MAX_DEPTH })
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error
      const { mark } = error
      // an empty document is an empty configuration
      if (!mark && error.reason.includes('input is empty')) return null
      // a reason may end with a name from the text or have one in quotes: what stands in the text stays there
      const reason = error.reason.replace(/\s*(?:"[^]*"|!<[^]*>)/g, '').replace(/:[^]*$/, '')
      throw new SyntaxProblem(`is not YAML: ${reason}`, mark && { line: mark.line + 1, column: mark.column + 1 })
    }
  },

  positions(text) {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH })
    const root = emptyPositionMap()
    const positionOf = positionFinder(text)
    let at = events[0]?.type === EVENT_ID.DOCUMENT ? 1 : 0

    /** Walks the parser's flat list of events over one value. */
    const visit = (place: PositionMap | undefined): void => {
      const node = events[at++]
      if (node?.type !== EVENT_ID.MAPPING && node?.type !== EVENT_ID.SEQUENCE) return
      for (let index = 0; at < events.length && events[at]?.type !== EVENT_ID.POP; index++) {
        const start = events[at] as Event
        let segment: PathSegment | undefined = index
        if (node.type === EVENT_ID.MAPPING) {
          segment = start.type === EVENT_ID.SCALAR ? getScalarValue(text, start) : undefined
          visit(undefined)
        }
        const hasBelow = events[at]?.type !== EVENT_ID.SCALAR
        visit(
          place && segment !== undefined
            ? addPosition(place, segment, positionOf(offsetOf(start)), hasBelow)
            : undefined,
        )
      }
      at++
    }
    visit(root)
    return root
  },
}

function offsetOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart
  return 'start' in event ? event.start : 0
}
