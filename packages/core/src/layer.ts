import { isUtf8 } from 'node:buffer'

import type { Issue } from './errors.js'
import { SyntaxProblem, findPosition } from './formats/format.js'
import type { Place, Position } from './formats/format.js'
import { formatOf } from './formats/index.js'
import { formatPath, parsePath, valueAt } from './paths.js'
import type { PathSegment } from './paths.js'
import type { Entry, FileEntry, Reading } from './source.js'
import { TreeError, checkTree, isPlainObject, setAt } from './tree.js'
import type { Tree } from './tree.js'

/** What one source gives: the entries it read, each parsed to a tree. */
export interface Layer {
  readonly source: string
  readonly parts: readonly Part[]
}

/** One entry, parsed. */
interface Part {
  readonly entry: Entry
  readonly tree: unknown
  /** Where the entry gives the value at a path, or what is nearest around it, for messages. */
  locate(path: readonly PathSegment[]): Position | undefined
}

/** Where a key without a known ending belongs in the tree; `undefined` leaves it to the dots in it. */
export type KeyPath = (key: string) => readonly string[] | undefined

/**
 * Parses a reading. Entries whose bytes are those of `previous` are not parsed again, and when all are, `previous`
 * itself comes back.
 *
 * @returns the layer, or every problem found
 */
export async function parseLayer(
  source: string,
  reading: Reading,
  keyPath: KeyPath,
  previous: Layer | undefined,
): Promise<{ layer: Layer } | { issues: Issue[] }> {
  const known = new Map(previous?.parts.map((part) => [nameOf(part.entry), part]))
  const issues: Issue[] = []
  const parts: Part[] = []
  for (const entry of inOrder(reading.entries)) {
    const before = known.get(nameOf(entry))
    if (before && sameEntry(before.entry, entry)) {
      parts.push(before)
      continue
    }
    try {
      parts.push('bytes' in entry ? await parseFile(entry, keyPath) : wrapValue(entry.path, entry.value, entry))
    } catch (error) {
      issues.push(issueOf(error, source, entry))
    }
  }
  if (issues.length > 0) return { issues }
  const same =
    source === previous?.source &&
    parts.length === previous.parts.length &&
    parts.every((part, index) => part === previous.parts[index])
  return { layer: same ? previous : { source, parts } }
}

/** By name, and before that by holder, for a source that has several. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const holders = new Map<string | undefined, number>()
  for (const entry of entries) if (!holders.has(holderOf(entry))) holders.set(holderOf(entry), holders.size)
  const rank = (entry: Entry): number => holders.get(holderOf(entry)) ?? 0
  return [...entries].sort((a, b) => rank(a) - rank(b) || compare(nameOf(a), nameOf(b)))
}

function compare(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1
}

function holderOf(entry: Entry): string | undefined {
  return 'bytes' in entry ? entry.holder : undefined
}

function nameOf(entry: Entry): string {
  return 'bytes' in entry ? fileOf(entry) : formatPath(entry.path)
}

/** What messages call it. */
function fileOf({ holder, key }: FileEntry): string {
  return holder === undefined ? key : `${holder}/${key}`
}

function sameEntry(a: Entry, b: Entry): boolean {
  if (Boolean(a.secret) !== Boolean(b.secret)) return false
  if ('bytes' in a) return 'bytes' in b && Buffer.compare(a.bytes, b.bytes) === 0
  // a value that came as an object may have been changed in place: only values of their own are known to be the same
  return 'value' in b && Object.is(a.value, b.value) && typeof a.value !== 'object'
}

async function parseFile(entry: FileEntry, keyPath: KeyPath): Promise<Part> {
  const text = decode(entry.bytes)
  const folders = entry.key.split('/')
  const name = folders.pop() ?? ''
  const format = await formatOf(name)
  if (!format) {
    const path = (folders.length === 0 && keyPath(name)) || [...folders, ...pathOf(name)]
    return wrapValue(path, text.replace(/\r?\n$/, ''), entry)
  }
  const keyToPath = (key: string): readonly string[] => keyPath(key) ?? parsePath(key)
  const content = format.parse(text, keyToPath) ?? {}
  const places = once(() => format.places(text, keyToPath))
  try {
    // every value takes a character or more, unless it is an alias for many
    checkTree(content, Math.max(text.length, 10_000))
  } catch (error) {
    throw error instanceof TreeError ? new SyntaxProblem(error.message, tryFind(places, error), error.path) : error
  }
  if (!isPlainObject(content)) throw new SyntaxProblem('expected keys and values at the top level')
  const tree = folders.length > 0 ? nest(folders, content) : content
  return { entry, tree, locate: (path) => findPosition(places(), path.slice(folders.length)) }
}

/** A name without anything between its dots is no path. */
function pathOf(name: string): readonly string[] {
  const path = parsePath(name)
  return path.length > 0 ? path : [name]
}

/** What is refused may be too much for finding out where it stands. */
function tryFind(places: () => Place, error: TreeError): Position | undefined {
  try {
    return findPosition(places(), error.segments)
  } catch {
    return undefined
  }
}

function once<R>(make: () => R): () => R {
  let made: { readonly result: R } | undefined
  return () => (made ??= { result: make() }).result
}

function wrapValue(path: readonly string[], value: unknown, entry: Entry): Part {
  checkTree(value)
  if (path.length === 0 && !isPlainObject(value)) throw new TreeError([], 'expected an object')
  return { entry, tree: path.length === 0 ? value : nest(path, value), locate: () => undefined }
}

function nest(path: readonly string[], value: unknown): Tree {
  const tree: Tree = {}
  setAt(tree, path, value)
  return tree
}

function decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new SyntaxProblem('is not UTF-8 text', { line: firstBadLine(bytes) })
  const text = new TextDecoder().decode(bytes)
  const nul = text.indexOf('\0')
  if (nul >= 0)
    throw new SyntaxProblem('is not text: it holds a NUL byte', { line: text.slice(0, nul).split('\n').length })
  return text
}

/** A line feed is never part of a longer sequence, so lines can be judged one by one. */
function firstBadLine(bytes: Uint8Array): number {
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf(10, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}

function issueOf(error: unknown, source: string, entry: Entry): Issue {
  const at = { code: 'HOT_CONFIG_SYNTAX', source, ...('bytes' in entry && { file: fileOf(entry) }) } as const
  if (error instanceof SyntaxProblem) {
    return { ...at, ...error.position, ...(error.path && { path: error.path }), message: error.message }
  }
  if (error instanceof TreeError) return { ...at, ...(error.path && { path: error.path }), message: error.message }
  // a parser that fails in a way of its own: its message may quote the text
  const kind = error instanceof Error ? error.name : 'unknown error'
  return { ...at, message: `can't be parsed (${kind})` }
}

/** The last part that gives the value at a path, or the nearest object around it. */
export function originOf(layers: readonly Layer[], path: readonly PathSegment[]): Partial<Issue> {
  const parts = layers.flatMap((layer) => layer.parts.map((part) => ({ source: layer.source, part })))
  for (let length = path.length; length > 0; length--) {
    const around = path.slice(0, length)
    const holder = parts.findLast(({ part }) => valueAt(part.tree, around) !== undefined)
    if (!holder) continue
    const { source, part } = holder
    return { source, ...('bytes' in part.entry && { file: fileOf(part.entry) }), ...part.locate(path) }
  }
  return {}
}
