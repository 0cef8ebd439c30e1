import { ownAt } from './path.js'
import type { PathSegment } from './path.js'
import { isPlainObject } from './tree.js'

/** One path at which two values differ. A missing value is `undefined`. */
export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/**
 * Finds the paths at which two snapshots differ, as precisely as possible: `log.level`, `servers[1].host`.
 *
 * @param isWhole whether a difference below this path is reported only at this path
 * @param found called with each path; the array is reused, so it must be copied
 */
export function eachDifference(
  before: unknown,
  after: unknown,
  isWhole: (path: readonly PathSegment[]) => boolean,
  found: (path: readonly PathSegment[], before: unknown, after: unknown) => void,
): void {
  const path: PathSegment[] = []
  const visit = (left: unknown, right: unknown): void => {
    if (Object.is(left, right)) return
    const arrays = Array.isArray(left) && Array.isArray(right)
    if ((!arrays && !(isPlainObject(left) && isPlainObject(right))) || isWhole(path)) return found(path, left, right)
    const keys = arrays
      ? Array.from({ length: Math.max(left.length, right.length) }, (_, index) => index)
      : new Set([...Object.keys(left as object), ...Object.keys(right as object)])
    for (const key of keys) {
      path.push(key)
      visit(ownAt(left, key), ownAt(right, key))
      path.pop()
    }
  }
  visit(before, after)
}
