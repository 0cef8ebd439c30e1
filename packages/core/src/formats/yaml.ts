import { CORE_SCHEMA, EVENT_ID, Schema, YAMLException, getScalarValue, load, mergeTag, parseEvents } from 'js-yaml'
import type { Event } from 'js-yaml'

import type { PathSegment } from '../paths.js'
import { MAX_DEPTH } from '../tree.js'
import { SyntaxProblem, positionAt } from './format.js'
import type { Format } from './format.js'

// YAML 1.2, so that `no` is text and not false, plus the merge key, which ConfigMaps in the field rely on
const schema = new Schema([...CORE_SCHEMA.tags, mergeTag])

export const yaml: Format = {
  parse(text) {
    try {
      return load(text, { schema, maxDepth: MAX_DEPTH })
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error
      const { mark } = error
      // an empty document is an empty configuration
      if (!mark && /input is empty/.test(error.reason)) return null
      // a reason may quote an anchor or a tag: what stands in the text stays there
      const reason = error.reason.replace(/\s*(?:"[^"]*"|!<[^>]*>)/g, '')
      throw new SyntaxProblem(`is not YAML: ${reason}`, mark && { line: mark.line + 1, column: mark.column + 1 })
    }
  },

  locate(text, path) {
    const offset = offsetOf(text, parseEvents(text, { maxDepth: MAX_DEPTH }), path)
    return offset === undefined ? undefined : positionAt(text, offset)
  },
}

/** Walks the parser's flat list of events to the key (or the item) that `path` names. */
function offsetOf(text: string, events: readonly Event[], path: readonly PathSegment[]): number | undefined {
  let at = 0
  const skip = (): void => {
    const opening = events[at++]
    if (opening?.type === EVENT_ID.SCALAR || opening?.type === EVENT_ID.ALIAS) return
    while (at < events.length && events[at]?.type !== EVENT_ID.POP) skip()
    at++
  }
  if (events[0]?.type === EVENT_ID.DOCUMENT) at++

  let offset: number | undefined
  for (const segment of path) {
    const node = events[at++]
    let found = false
    if (node?.type === EVENT_ID.MAPPING) {
      while (!found && events[at] && events[at]?.type !== EVENT_ID.POP) {
        const key = events[at] as Event
        found = key.type === EVENT_ID.SCALAR && getScalarValue(text, key) === String(segment)
        if (found && key.type === EVENT_ID.SCALAR) offset = key.valueStart
        skip()
        if (!found) skip()
      }
    } else if (node?.type === EVENT_ID.SEQUENCE) {
      for (let index = 0; index < Number(segment); index++) skip()
      const item = events[at]
      found = item !== undefined && item.type !== EVENT_ID.POP
      if (item?.type === EVENT_ID.SCALAR) offset = item.valueStart
      else if (item?.type === EVENT_ID.MAPPING) offset = item.start
    }
    if (!found) return undefined
  }
  return offset
}
