import type { Issue } from '../errors/errors.js'
import type { Position } from '../formats/positions.js'
import type { Entry } from '../sources/source.js'
import { formatPath, ownAt, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isPlainObject } from '../trees/tree.js'
import { fileOf, isFile } from './entry.js'
import type { Layer } from './layer.js'
import type { Part } from './part.js'

/** How many positions of one part are kept. */
const MAX_LOCATED = 1_000

const located = new WeakMap<Part, ReadonlyMap<string, Position | undefined>>()

/** A part that gives a value, with its source. */
export interface Giver {
  readonly source: string
  readonly part: Part
  readonly isEnvironment: boolean
  readonly isLastGood: boolean
}

/** Where a value is given: source, file, line and column, as far as they are known. */
export type Place = Partial<Pick<Issue, 'source' | 'file' | 'line' | 'column'>>

/** All parts, in the order in which they are merged. */
export function partsOf(layers: readonly Layer[]): Giver[] {
  return layers.flatMap(({ source, parts, isEnvironment, isLastGood }) =>
    parts.map((part) => ({ source: part.entry.source ?? source, part, isEnvironment, isLastGood })),
  )
}

/**
 * The parts that give a value at a path, the one that counts first. That one may also be a part which takes the value away:
 * it has a list or a single value where the path continues.
 *
 * @param parts in the order in which they are merged
 */
export function giversOf(parts: readonly Giver[], path: readonly PathSegment[]): Giver[] {
  const counts = parts.findLastIndex(({ part }) => valueAt(part.tree, path) !== undefined || ends(part.tree, path))
  const winner = parts[counts]
  if (!winner) return []
  const before = parts.slice(0, counts).filter(({ part }) => isReplaced(part.tree, winner.part.tree, path))
  return [winner, ...before.toReversed()]
}

/** Where each giver gives the value at its path. Each part is asked once for all that it gives. */
export async function placesOf(
  asked: readonly { readonly giver: Giver | undefined; readonly path: readonly PathSegment[] }[],
  signal: AbortSignal,
): Promise<Place[]> {
  const places: Place[] = asked.map(() => ({}))
  for (const part of new Set(asked.map(({ giver }) => giver?.part))) {
    if (!part) continue
    const mine = Array.from(asked.keys()).filter((index) => asked[index]?.giver?.part === part)
    const positions = await locate(
      part,
      mine.map((index) => asked[index]?.path ?? []),
      signal,
    )
    const origin = { source: asked[mine[0] ?? 0]?.giver?.source ?? '', ...fileIn(part.entry) }
    mine.forEach((index, nth) => (places[index] = { ...origin, ...positions[nth] }))
  }
  return places
}

/** Finds positions in a part. That parses a file again, so they are kept: a page that refreshes asks repeatedly. */
async function locate(
  part: Part,
  paths: readonly (readonly PathSegment[])[],
  signal: AbortSignal,
): Promise<(Position | undefined)[]> {
  const known = located.get(part) ?? new Map<string, Position | undefined>()
  const unknown = paths.filter((path) => !known.has(formatPath(path)))
  if (unknown.length === 0) return paths.map((path) => known.get(formatPath(path)))
  const found = await part.locate(unknown, signal)
  const all = new Map(known)
  unknown.forEach((path, index) => all.set(formatPath(path), found[index]))
  if (all.size <= MAX_LOCATED) located.set(part, all)
  return paths.map((path) => all.get(formatPath(path)))
}

/** Whether a tree has something on the way to a path that is no object, so that nothing before it counts below. */
function ends(tree: unknown, path: readonly PathSegment[]): boolean {
  let value = tree
  for (const segment of path) {
    if (!isPlainObject(value)) return value !== undefined
    value = ownAt(value, segment)
  }
  return false
}

/** Objects are merged, so that neither replaces the other. */
function isReplaced(before: unknown, after: unknown, path: readonly PathSegment[]): boolean {
  const [given, replacing] = [valueAt(before, path), valueAt(after, path)]
  return given !== undefined && !(isPlainObject(given) && isPlainObject(replacing))
}

/** Returns the name of an entry for messages, in addition to the source. */
function fileIn(entry: Entry): Place {
  if (isFile(entry)) return { file: fileOf(entry) }
  return entry.name === undefined ? {} : { file: entry.name }
}
