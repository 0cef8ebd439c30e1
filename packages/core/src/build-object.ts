import { Steps } from './slices.js'
import type { Walk } from './slices.js'

/** V8 keeps objects of more keys in a dictionary, however they are made. */
const MAX_FAST_KEYS = 1_000

/**
 * Makes an object of its keys and values.
 *
 * By `Object.fromEntries`: V8 gives the same keys in the same order the same hidden class that way, with fast properties
 * up to about 1,000 keys. Assigning key by key falls back to a dictionary above a dozen. What has more is a dictionary
 * either way, and is filled with pauses.
 */
export function* buildObject(entries: readonly (readonly [string, unknown])[]): Walk<Record<string, unknown>> {
  if (entries.length <= MAX_FAST_KEYS) return Object.fromEntries(entries)
  const object = Object.fromEntries(entries.slice(0, MAX_FAST_KEYS))
  const steps = new Steps()
  for (let index = MAX_FAST_KEYS; index < entries.length; index++) {
    const [key, value] = entries[index] as readonly [string, unknown]
    // assigning that name would set the prototype
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
    else object[key] = value
    if (steps.isPauseDue()) yield
  }
  return object
}
