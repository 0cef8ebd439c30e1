import { isDeepStrictEqual } from 'node:util'

import { formatPath } from './paths.js'
import type { PathSegment } from './paths.js'
import { isPlainObject } from './tree.js'

/**
 * Keeps the running value at every path that can't change without a restart.
 *
 * @returns the value with those parts as they run, and the paths at which that made a difference
 */
export function holdBack(
  running: unknown,
  next: unknown,
  covers: (path: readonly PathSegment[]) => boolean,
): { value: unknown; held: string[] } {
  const held: string[] = []
  const visit = (before: unknown, after: unknown, path: readonly PathSegment[]): unknown => {
    if (path.length > 0 && covers(path)) {
      if (isDeepStrictEqual(before, after)) return after
      held.push(formatPath(path))
      return before
    }
    if (!isPlainObject(before) || !isPlainObject(after)) return after
    const keys = [...Object.keys(after), ...Object.keys(before).filter((key) => !Object.hasOwn(after, key))]
    return Object.fromEntries(
      keys
        .map((key): [string, unknown] => [key, visit(before[key], after[key], [...path, key])])
        // what neither the update nor the running configuration has
        .filter(([key, value]) => value !== undefined || (Object.hasOwn(after, key) && after[key] === undefined)),
    )
  }
  return { value: visit(running, next, []), held }
}
