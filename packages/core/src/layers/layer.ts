import type { Issue } from '../errors/errors.js'
import type { Format, Position } from '../formats/format.js'
import { formatOf } from '../formats/format-of.js'
import { decode, locate, parseBytes, problemOf } from '../formats/parse.js'
import type { KeyPaths } from '../formats/parse.js'
import { NoThreadError, ParserThread } from '../formats/worker/parser-thread.js'
import { formatPath, parsePath, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isArrayOf } from '../trees/build-object.js'
import { atOnce } from '../async/slices.js'
import { whenThere } from '../async/soon.js'
import type { Soon } from '../async/soon.js'
import type { Entry, FileEntry, Reading, ValueEntry } from '../sources/source.js'
import { takeOver } from '../trees/canonical.js'
import { TreeError, isPlainObject, merge, nest } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'

/** What one source gives: the entries it read, each parsed to a tree. */
export interface Layer {
  readonly source: string
  /** What was read, in the order in which the source gave it. */
  readonly entries: readonly Entry[]
  /** In the order in which they are merged. */
  readonly parts: readonly Part[]
  /** Which entry each of them is of. */
  readonly order: readonly number[]
}

/** One entry, parsed. */
interface Part {
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
  // most updates change values, not names
  const alike = previous && haveSameNames(previous.entries, entries) ? previous : undefined
  const order = alike?.order ?? orderOf(entries)
  const known = alike ? undefined : new Map(previous?.parts.map((part) => [nameOf(part.entry), part]))
  const issues: Issue[] = []
  const parts: Part[] = []
  let thread: ParserThread | undefined
  const startThread = (): ParserThread => (thread ??= new ParserThread(signal))
  for (const [place, index] of order.entries()) {
    const entry = entries[index] as Entry
    const before = alike ? alike.parts[place] : known?.get(nameOf(entry))
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
  const isSame = previous?.source === source && isArrayOf(previous.parts, parts)
  return { layer: isSame ? previous : { source, entries, parts, order } }
}

function haveSameNames(left: readonly Entry[], right: readonly Entry[]): boolean {
  return left.length === right.length && left.every((entry, index) => isSameName(entry, right[index] as Entry))
}

function isSameName(a: Entry, b: Entry): boolean {
  if (isFile(a)) return isFile(b) && a.key === b.key && a.holder === b.holder
  return !isFile(b) && isArrayOf(a.path, b.path)
}

interface Ranked {
  readonly rank: number
  readonly name: string
}

/** By name, and before that by holder, for a source that has several. */
function orderOf(entries: readonly Entry[]): number[] {
  const holders = new Map<string | undefined, number>()
  const ranked = entries.map((entry): Ranked => {
    const holder = holderOf(entry)
    const rank = holders.get(holder) ?? holders.size
    holders.set(holder, rank)
    return { rank, name: nameOf(entry) }
  })
  return Array.from(entries.keys()).sort((left, right) => {
    const [a, b] = [ranked[left], ranked[right]] as [Ranked, Ranked]
    return a.rank - b.rank || compare(a.name, b.name)
  })
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
    const paths = (folders.length === 0 && keyPaths.get(name)) || [[...folders, ...pathOf(name)]]
    const text = decode(entry.bytes).replace(/\r?\n$/, '')
    const trees = paths.map((path) => placeValue(path, text, before?.tree))
    return { entry, tree: atOnce(merge(trees, before?.tree)), locate: nowhere }
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
  return whenThere(content, (tree) =>
    documentPart(entry, nest(folders, tree, before?.tree), folders, name, format, keyPaths),
  )
}

/** Apart from where it is parsed: a part that keeps the one before would keep all that ever were. */
function documentPart(
  entry: FileEntry,
  tree: unknown,
  folders: readonly string[],
  name: string,
  format: Format,
  keyPaths: KeyPaths,
): Part {
  const { bytes } = entry
  return {
    entry,
    tree,
    async locate(paths, signal) {
      const below = paths.map((path) => path.slice(folders.length))
      const locateHere = (): Promise<(Position | undefined)[]> => locate(format, bytes, keyPaths, below)
      if (bytes.length < format.heavyBytes) return locateHere()
      const own = new ParserThread(signal)
      try {
        return await unlessNoThread(own.locate(name, bytes, keyPaths, below), locateHere)
      } finally {
        own.close()
      }
    },
  }
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
