import { optionKind } from '../errors/option-kinds.js'
import type { Selector } from './path-types.js'

export type PathSegment = string | number

const PLAIN_KEY = /^[^.[\]"]+$/
const SEGMENT = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g

/** Formats `['servers', 1, 'host']` as `servers[1].host`. A key with a dot or a bracket is quoted: `labels["a.b"]`. */
export function formatPath(segments: readonly PathSegment[]): string {
  let text = ''
  for (const segment of segments) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (!PLAIN_KEY.test(segment)) text += `[${JSON.stringify(segment)}]`
    else text += text === '' ? segment : `.${segment}`
  }
  return text
}

/** The inverse of {@link formatPath}. It also accepts `servers.1.host`. */
export function parsePath(path: string): string[] {
  return parseSegments(path).map(String)
}

/** Does the same as {@link parsePath}, but returns the indexes of lists as numbers. */
export function parseSegments(path: string): PathSegment[] {
  return Array.from(path.matchAll(SEGMENT), ([, index, quoted, plain]) =>
    index === undefined ? (quoted === undefined ? (plain ?? '') : unquote(quoted)) : Number(index),
  )
}

function unquote(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

/** Returns the own property of an object or array, else `undefined`. */
export function ownAt(holder: unknown, segment: PathSegment): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, segment)) return undefined
  return (holder as Record<PathSegment, unknown>)[segment]
}

/** Returns the value at a path, else `undefined`. Reads own properties only. */
export function valueAt(root: unknown, segments: readonly PathSegment[]): unknown {
  let value = root
  for (const segment of segments) value = ownAt(value, segment)
  return value
}

const pathOrSelector = optionKind<string | Selector<unknown, unknown>>(
  'a path such as "log.level", or a selector',
  (value) => typeof value === 'string' || typeof value === 'function',
)

/** Returns a function that selects by a path or a selector. @throws {OptionError} for something else */
export function selectorOf<T>(what: string | Selector<T, unknown>): Selector<T, unknown> {
  pathOrSelector.required(what, 'select')
  if (typeof what !== 'string') return what
  const path = parsePath(what)
  return (value) => valueAt(value, path)
}
