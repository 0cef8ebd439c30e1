import type { ContentWarning } from '../errors/content-warning.js'
import type { Issue } from '../errors/errors.js'
import type { Format } from '../formats/format.js'
import type { Position } from '../formats/positions.js'
import { formatOf } from '../formats/format-of.js'
import { decode, locate, parseBytes, problemOf } from '../formats/parse.js'
import type { KeyPaths } from '../formats/parse.js'
import { WorkerUnavailableError, WorkerParser } from '../formats/worker/worker-parser.js'
import { parsePath, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isArrayOf } from '../trees/build-object.js'
import { atOnce } from '../async/slices.js'
import { whenThere } from '../async/soon.js'
import type { Soon } from '../async/soon.js'
import type { Entry, FileEntry, Reading, ValueEntry } from '../sources/source.js'
import { canonical } from '../trees/canonical.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import { merge } from '../trees/merge.js'
import { nest } from '../trees/nest.js'
import type { Tree } from '../trees/tree.js'
import { haveSameNames, isFile, ownerOf, nameOf, fileOf, sameEntry } from './entry.js'

/** What one source gives: the entries it read, each parsed to a tree. */
export interface Layer {
  readonly source: string
  /** What was read, in the order in which the source gave it. */
  readonly entries: readonly Entry[]
  /** In the order in which they are merged. */
  readonly parts: readonly Part[]
  /** Which entry each of them is of. */
  readonly order: readonly number[]
  /** What is probably a mistake in what was read. */
  readonly warnings: readonly ContentWarning[]
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
  let thread: WorkerParser | undefined
  const startThread = (): WorkerParser => (thread ??= new WorkerParser(signal))
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
  return { layer: isSame ? previous : { source, entries, parts, order, warnings: [] } }
}

interface Ranked {
  readonly rank: number
  readonly name: string
}

/** By name, and before that by owner, for a source that has several. */
function orderOf(entries: readonly Entry[]): number[] {
  const owners = new Map<string | undefined, number>()
  const ranked = entries.map((entry): Ranked => {
    const owner = ownerOf(entry)
    const rank = owners.get(owner) ?? owners.size
    owners.set(owner, rank)
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

function parseFile(
  entry: FileEntry,
  before: Part | undefined,
  keyPaths: KeyPaths,
  thread: () => WorkerParser,
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
  thread: () => WorkerParser,
): Soon<Part> {
  const { bytes } = entry
  const isHeavy = bytes.length >= format.heavyBytes
  const previous =
    before && isFile(before.entry) ? { bytes: before.entry.bytes, tree: valueAt(before.tree, folders) } : undefined
  const parseHere = (): Soon<Tree> => parseBytes(format, bytes, keyPaths, previous?.tree)
  const content = isHeavy ? unlessUnavailable(thread().parse(name, bytes, keyPaths, previous), parseHere) : parseHere()
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
      const own = new WorkerParser(signal)
      try {
        return await unlessUnavailable(own.locate(name, bytes, keyPaths, below), locateHere)
      } finally {
        own.close()
      }
    },
  }
}

/** Does here what can't be done in a thread. */
async function unlessUnavailable<R>(inThread: Promise<R>, here: () => Soon<R>): Promise<R> {
  try {
    return await inThread
  } catch (error) {
    if (error instanceof WorkerUnavailableError) return here()
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
  const own = atOnce(canonical(value, valueAt(before, path)))
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
