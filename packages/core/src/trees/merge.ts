import { isObjectOf, buildObject } from './build-object.js'
import { ownAt } from './path.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { Tree } from './tree.js'
import { isPlainObject } from './tree.js'

/**
 * Merges canonical trees, later over earlier. Objects merge deeply, everything else replaces. A part that only one tree
 * has is used as it is.
 *
 * @param previous the result before; its unchanged parts are kept
 */
export function* merge(values: readonly unknown[], previous?: unknown, steps: Steps = new Steps()): Walk<unknown> {
  const objects = values.slice(values.findLastIndex((value) => !isPlainObject(value)) + 1) as Tree[]
  if (objects.length <= 1) return values.at(-1)
  const byKey = new Map<string, unknown[]>()
  for (const object of objects) {
    for (const key of Object.keys(object)) {
      const given = byKey.get(key)
      if (given) given.push(object[key])
      else byKey.set(key, [object[key]])
      if (steps.isPauseDue()) yield
    }
  }
  const before = isPlainObject(previous) ? previous : undefined
  const keys = Array.from(byKey.keys()).sort()
  const merged: unknown[] = []
  for (const key of keys) {
    merged.push(yield* merge(byKey.get(key) ?? [], before && ownAt(before, key), steps))
    if (steps.isPauseDue()) yield
  }
  return before && isObjectOf(before, keys, merged) ? before : Object.freeze(yield* buildObject(keys, merged))
}
