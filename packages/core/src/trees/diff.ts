import { formatPath, ownAt } from './path.js'
import type { PathSegment } from './path.js'
import { isPlainObject } from './tree.js'

/** One path at which two values differ. `undefined` on the side where there is nothing. */
export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** Where two snapshots differ, each as exactly as it can be told: `log.level`, `servers[1].host`. */
export function differences(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = []
  const path: PathSegment[] = []
  const visit = (left: unknown, right: unknown): void => {
    if (Object.is(left, right)) return
    const arrays = Array.isArray(left) && Array.isArray(right)
    if (!arrays && !(isPlainObject(left) && isPlainObject(right))) {
      found.push({ path: formatPath(path), before: left, after: right })
      return
    }
    const keys = arrays
      ? Array.from({ length: Math.max(left.length, right.length) }, (_, index) => index)
      : new Set([...Object.keys(left), ...Object.keys(right)])
    for (const key of keys) {
      path.push(key)
      visit(ownAt(left, key), ownAt(right, key))
      path.pop()
    }
  }
  visit(before, after)
  return found
}
