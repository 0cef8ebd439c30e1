import { Steps } from './slices.js'
import type { Walk } from './slices.js'

/** V8 keeps objects of more keys in a dictionary, however they are made. */
export const MAX_FAST_KEYS = 1_000

/**
 * Does for an object of many keys, with pauses, what `Object.fromEntries` does at once. For {@link MAX_FAST_KEYS} or less
 * call that: V8 gives the same keys in the same order the same hidden class that way, with fast properties, while
 * assigning key by key falls back to a dictionary above a dozen.
 */
export function* buildLarge(entries: readonly (readonly [string, unknown])[]): Walk<Record<string, unknown>> {
  const object: Record<string, unknown> = {}
  const steps = new Steps()
  for (const [key, value] of entries) {
    // assigning that name would set the prototype
    if (key === '__proto__') Object.defineProperty(object, key, { value, ...PLAIN })
    else object[key] = value
    if (steps.isPauseDue()) yield
  }
  return object
}

const PLAIN = { enumerable: true, writable: true, configurable: true }
