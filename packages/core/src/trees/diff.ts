import { valuesIf, valuesOf } from './build-object.js'
import { ownAt } from './path.js'
import type { PathSegment } from './path.js'
import { isPlainObject } from './tree.js'
import type { Tree } from './tree.js'

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
    const arrays = Array.isArray(left) && Array.isArray(right)
    if ((!arrays && !(isPlainObject(left) && isPlainObject(right))) || isWhole(path)) return found(path, left, right)
    if (arrays) {
      for (let index = 0; index < Math.max(left.length, right.length); index++) below(index, left[index], right[index])
      return
    }
    const keys = Object.keys(left as Tree)
    const rights = valuesIf(right as Tree, keys)
    if (rights) {
      const lefts = valuesOf(left as Tree, keys)
      for (const [index, key] of keys.entries()) below(key, lefts[index], rights[index])
      return
    }
    for (const key of new Set([...keys, ...Object.keys(right as Tree)])) below(key, ownAt(left, key), ownAt(right, key))
  }
  const below = (key: PathSegment, left: unknown, right: unknown): void => {
    if (Object.is(left, right)) return
    path.push(key)
    visit(left, right)
    path.pop()
  }
  if (!Object.is(before, after)) visit(before, after)
}
