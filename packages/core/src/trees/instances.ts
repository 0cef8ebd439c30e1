import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { formatPath } from './path.js'
import type { PathSegment } from './path.js'
import { isBranch, isPlainObject } from './tree.js'

/** The maximum number of places that are listed. */
const MAX_PLACES = 5

/**
 * Lists the first places of a value that have instances of classes with values in properties, as a plain object has
 * them. Dates, maps and the like have none.
 */
export function* instancesIn(value: unknown): Walk<string[]> {
  const places: string[] = []
  const steps = new Steps()
  const path: PathSegment[] = []
  yield* visit(value)
  return places

  function* visit(here: unknown): Walk<void> {
    if (!isBranch(here) || places.length >= MAX_PLACES) return
    const isArray = Array.isArray(here)
    if (!isArray && !isPlainObject(here)) {
      if (hasProperties(here)) places.push(formatPath(path))
      return
    }
    for (const [key, below] of isArray ? here.entries() : Object.entries(here)) {
      path.push(key)
      yield* visit(below)
      path.pop()
      if (steps.isPauseDue()) yield
    }
  }
}

function hasProperties(value: object): boolean {
  try {
    return !ArrayBuffer.isView(value) && Object.keys(value).length > 0
  } catch {
    // a proxy may throw
    return false
  }
}
