import { inspect } from 'node:util'
import type { PathSegment } from '../trees/path.js'
import { MAX_DEPTH } from '../trees/bounds.js'
import { isPlainObject } from '../trees/tree.js'

/** Shorter ones would blank out half of every message, and keep no secret. */
export const MIN_SCRUBBED_LENGTH = 3

/** All that a tree holds, and where: lists as a whole. An object that holds nothing gives nothing. */
export function* leavesOf(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; value: unknown }> {
  if (!isPlainObject(value)) yield { path, value }
  else for (const key of Object.keys(value)) yield* leavesOf(value[key], [...path, key])
}

/** The texts at paths that are covered, and at all below them. The value of a snapshot may hold instances and cycles. */
export function* textsOf(
  root: unknown,
  start: readonly PathSegment[],
  covers: (path: readonly PathSegment[]) => boolean,
): Generator<string, void, undefined> {
  const seen = { secret: new Set<unknown>(), plain: new Set<unknown>() }
  const stack = [{ value: root, path: start, secret: covers(start) }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { value, path, secret } = next
    if (typeof value === 'object' && value !== null) {
      const visited = secret ? seen.secret : seen.plain
      if (visited.has(value)) continue
      visited.add(value)
      for (const [key, below] of entriesOf(value)) {
        const here = [...path, key]
        stack.push({ value: below, path: here, secret: secret || covers(here) })
      }
    } else if (secret && (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')) {
      yield String(value)
    }
  }
}

/** What a log may make of a value: what it shows of itself, and what it says it is in JSON. */
export function printed(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const forms = [
    () => inspect(value, { depth: MAX_DEPTH, maxArrayLength: null, maxStringLength: null }),
    () => JSON.stringify(value),
  ]
  return forms
    .map((form) => {
      try {
        return form()
      } catch {
        // then no log has it in that form either
        return ''
      }
    })
    .join('\n')
}

function entriesOf(value: object): [PathSegment, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item])
  if (value instanceof Map) return Array.from(value, ([key, below]) => [String(key), below])
  if (value instanceof Set) return Array.from(value, (item, index) => [index, item])
  try {
    return Object.entries(value)
  } catch {
    // a getter that throws shows nothing
    return []
  }
}

/** How a secret may stand in a text. */
export function formsOf(secret: string): string[] {
  const forms = [
    secret,
    secret.trim(),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(Buffer.from(secret).toString()),
  ]
  return forms.filter((form) => form.length >= MIN_SCRUBBED_LENGTH)
}
