import { createHash } from 'node:crypto'

import { isInstance } from '../trees/tree.js'

/**
 * The maximum depth. It is more than any snapshot has, and protects the stack: class instances can nest without end.
 */
const MAX_NESTING = 500

/** `sha256:...` of a value. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(serialize(value)).digest('hex')}`
}

/**
 * Writes any snapshot as JSON, with a text for values that JSON can't represent. Snapshots have one order of keys, so
 * equal values have equal text. Never throws, whatever the getters of a class instance do.
 */
function serialize(value: unknown): string {
  // Only class instances can contain cycles: the rest of a snapshot is a tree.
  const instances = new Set<object>()
  const replace = (_key: string, item: unknown): unknown => {
    const form = formOf(item)
    if (typeof form !== 'object' || form === null || !isInstance(item as object)) return form
    if (instances.has(item as object)) return '[again]'
    instances.add(item as object)
    return form
  }
  try {
    return JSON.stringify(value, replace) ?? 'undefined'
  } catch {
    return JSON.stringify(readable(value)) ?? 'undefined'
  }
}

/** Copies a value without the parts that throw when they are read. It is slow, so it is used only after an error. */
function readable(root: unknown): unknown {
  const seen = new Set<object>()
  const visit = (holder: object, key: string | number, isWithin: boolean, depth: number): unknown => {
    try {
      const held = (holder as Record<string | number, unknown>)[key]
      const given = hasToJson(held) ? held.toJSON(String(key)) : held
      const item = formOf(given)
      if (typeof item !== 'object' || item === null) return item
      // A cycle may also lead from an instance through plain objects.
      const isBelow = isWithin || given !== held || isInstance(given as object)
      if (isBelow && (seen.has(given as object) || depth > MAX_NESTING)) return '[again]'
      if (isBelow) seen.add(given as object)
      if (Array.isArray(item)) return Array.from(item, (_, index) => visit(item, index, isBelow, depth + 1))
      return Object.fromEntries(Object.keys(item).map((name) => [name, visit(item, name, isBelow, depth + 1)]))
    } catch {
      return '[unreadable]'
    }
  }
  return visit([root], 0, false, 0)
}

function formOf(item: unknown): unknown {
  if (typeof item === 'number') return Number.isFinite(item) ? item : String(item)
  if (typeof item === 'bigint' || item instanceof RegExp || typeof item === 'function') return String(item)
  return item instanceof Map || item instanceof Set ? [...item] : item
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
}
