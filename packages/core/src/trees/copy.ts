import { buildObject } from './build-object.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { isPlainObject, isBranch } from './tree.js'

/** Returns a copy that the caller may mutate. */
export function* mutableCopy(value: unknown, steps: Steps = new Steps()): Walk<unknown> {
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value as unknown[]) {
      items.push(isBranch(item) ? yield* mutableCopy(item, steps) : item)
      if (steps.isPauseDue()) yield
    }
    return items
  }
  if (!isPlainObject(value)) return value
  const keys = Object.keys(value)
  const values: unknown[] = []
  for (const key of keys) {
    const below = value[key]
    values.push(isBranch(below) ? yield* mutableCopy(below, steps) : below)
    if (steps.isPauseDue()) yield
  }
  return yield* buildObject(keys, values)
}
