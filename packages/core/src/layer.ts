import type { Issue } from './errors.js'
import type { Format, Position } from './formats/format.js'
import { formatOf } from './formats/index.js'
import { decode, locate, parseBytes, problemOf } from './formats/parse.js'
import type { KeyPaths } from './formats/parse.js'
import { NoThreadError, ParserThread } from './formats/parser-thread.js'
import { formatPath, parsePath, valueAt } from './paths.js'
import type { PathSegment } from './paths.js'
import { isArrayOf } from './object-of.js'
import { atOnce } from './slices.js'
import { whenThere } from './soon.js'
import type { Soon } from './soon.js'
import type { Entry, FileEntry, Reading, ValueEntry } from './source.js'
import { TreeError, isPlainObject, nest, takeOver } from './tree.js'
import type { Tree } from './tree.js'

/** What one source gives: the entries it read, each parsed to a tree. */
export interface Layer {
  readonly source: string
  /** What was read, in the order in which the source gave it. */
  readonly entries: readonly Entry[]
  readonly parts: readonly Part[]
}

/** One entry, parsed. */
export interface Part {
  readonly entry: Entry
  readonly tree: unknown
  /** Where the entry gives the values at these paths, or what is nearest around each, for messages. */
  locate(paths: readonly (readonly PathSegment[])[], signal: AbortSignal): Promise<readonly (Position | undefined)[]>
}

/**
 * Parses a reading. Entries whose bytes are those of `previous` are not parsed again, and when all are, `previous`
 * itself comes back. Large ones are parsed in a thread.
 *
 * @returns the layer, or every problem found
 * @throws the reason of `signal`
 */
export async function parseLayer(
  source: string,
  reading: Reading,
  keyPaths: KeyPaths,
  previous: Layer | undefined,
  signal: AbortSignal,
): Promise<{ layer: Layer } | { issues: Issue[] }> {
  const { entries } = reading
  if (previous?.source === source && isArrayOf(previous.entries, entries) && entries.every(isFile)) {
    return { layer: previous }
  }
  const known = new Map(previous?.parts.map((part) => [nameOf(part.entry), part]))
  const issues: Issue[] = []
  const parts: Part[] = []
  let thread: ParserThread | undefined
  const startThread = (): ParserThread => (thread ??= new ParserThread(signal))
  for (const entry of inOrder(entries)) {
    const before = known.get(nameOf(entry))
    if (before && sameEntry(before.entry, entry)) {
      parts.push(before)
      continue
    }
    try {
      const part = isFile(entry) ? parseFile(entry, before, keyPaths, startThread) : wrapValue(entry, before)
      parts.push(part instanceof Promise ? await part : part)
    } catch (error) {
      signal.throwIfAborted()
      issues.push(issueOf(error, source, entry))
    }
  }
  thread?.close()
  if (issues.length > 0) return { issues }
  const same =
    source === previous?.source &&
    parts.length === previous.parts.length &&
    parts.every((part, index) => part === previous.parts[index])
  return { layer: same ? previous : { source, entries, parts } }
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

function isFile(entry: Entry): entry is FileEntry {
  return 'bytes' in entry
}

function holderOf(entry: Entry): string | undefined {
  return isFile(entry) ? entry.holder : undefined
}

function nameOf(entry: Entry): string {
  return isFile(entry) ? fileOf(entry) : formatPath(entry.path)
}

/** What messages call it. */
function fileOf({ holder, key }: FileEntry): string {
  return holder === undefined ? key : `${holder}/${key}`
}

function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b && isFile(a)) return true
  if (Boolean(a.secret) !== Boolean(b.secret)) return false
  if (isFile(a)) return isFile(b) && Buffer.compare(a.bytes, b.bytes) === 0
  // a value that came as an object may have been changed in place: only values of their own are known to be the same
  return 'value' in b && Object.is(a.value, b.value) && typeof a.value !== 'object'
}

function parseFile(
  entry: FileEntry,
  before: Part | undefined,
  keyPaths: KeyPaths,
  thread: () => ParserThread,
): Soon<Part> {
  const folders = entry.key.split('/')
  const name = folders.pop() ?? ''
  return whenThere(formatOf(name), (format) => {
    if (format) return parseDocument(entry, before, folders, name, format, keyPaths, thread)
    const path = (folders.length === 0 && keyPaths.get(name)) || [...folders, ...pathOf(name)]
    return { entry, tree: placeValue(path, decode(entry.bytes).replace(/\r?\n$/, ''), before?.tree), locate: nowhere }
  })
}

function parseDocument(
  entry: FileEntry,
  before: Part | undefined,
  folders: readonly string[],
  name: string,
  format: Format,
  keyPaths: KeyPaths,
  thread: () => ParserThread,
): Soon<Part> {
  const { bytes } = entry
  const isHeavy = bytes.length >= format.heavyBytes
  const previous =
    before && isFile(before.entry) ? { bytes: before.entry.bytes, tree: valueAt(before.tree, folders) } : undefined
  const parseHere = (): Soon<Tree> => parseBytes(format, bytes, keyPaths, previous?.tree)
  const content = isHeavy ? unlessNoThread(thread().parse(name, bytes, keyPaths, previous), parseHere) : parseHere()
  return whenThere(content, (tree) => ({
    entry,
    tree: nest(folders, tree, before?.tree),
    async locate(paths, signal) {
      const below = paths.map((path) => path.slice(folders.length))
      const locateHere = (): Promise<(Position | undefined)[]> => locate(format, bytes, keyPaths, below)
      if (!isHeavy) return locateHere()
      const own = new ParserThread(signal)
      try {
        return await unlessNoThread(own.locate(name, bytes, keyPaths, below), locateHere)
      } finally {
        own.close()
      }
    },
  }))
}

/** Does here what can't be done in a thread. */
async function unlessNoThread<R>(inThread: Promise<R>, here: () => Soon<R>): Promise<R> {
  try {
    return await inThread
  } catch (error) {
    if (error instanceof NoThreadError) return here()
    throw error
  }
}

/** A name without anything between its dots is no path. */
function pathOf(name: string): readonly string[] {
  const path = parsePath(name)
  return path.length > 0 ? path : [name]
}

function wrapValue(entry: ValueEntry, before: Part | undefined): Part {
  return { entry, tree: placeValue(entry.path, entry.value, before?.tree), locate: nowhere }
}

/** Copied at once: an object belongs to the program, which may change it while others are at work in between slices. */
function placeValue(path: readonly string[], value: unknown, before: unknown): unknown {
  const own = atOnce(takeOver(value, valueAt(before, path)))
  if (path.length === 0 && !isPlainObject(own)) throw new TreeError([], 'expected an object')
  return nest(path, own, before)
}

async function nowhere(): Promise<readonly undefined[]> {
  return []
}

function issueOf(error: unknown, source: string, entry: Entry): Issue {
  const { message, position, path } = problemOf(error)
  const file = isFile(entry) && { file: fileOf(entry) }
  return { code: 'HOT_CONFIG_SYNTAX', source, ...file, ...position, ...(path && { path }), message }
}

/** For each path, the last part that gives the value there, or the nearest object around it. */
export async function originsOf(
  layers: readonly Layer[],
  paths: readonly (readonly PathSegment[])[],
  signal: AbortSignal,
): Promise<Partial<Issue>[]> {
  const parts = layers.flatMap((layer) => layer.parts.map((part) => ({ source: layer.source, part })))
  const holders = paths.map((path) => {
    for (let length = path.length; length > 0; length--) {
      const around = path.slice(0, length)
      const holder = parts.findLast(({ part }) => valueAt(part.tree, around) !== undefined)
      if (holder) return holder
    }
    return undefined
  })
  const origins: Partial<Issue>[] = paths.map(() => ({}))
  // each part is asked once for all that it gives
  for (const holder of new Set(holders)) {
    if (!holder) continue
    const { source, part } = holder
    const mine = Array.from(paths.keys()).filter((index) => holders[index] === holder)
    const positions = await part.locate(
      mine.map((index) => paths[index] ?? []),
      signal,
    )
    const origin = { source, ...(isFile(part.entry) && { file: fileOf(part.entry) }) }
    mine.forEach((index, nth) => (origins[index] = { ...origin, ...positions[nth] }))
  }
  return origins
}
