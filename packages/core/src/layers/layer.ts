import type { ContentWarning } from '../errors/content-warning.js'
import type { Issue } from '../errors/errors.js'
import type { Position } from '../formats/positions.js'
import { formatOf } from '../formats/format-of.js'
import { SharedWorker, parseDocument, positionsIn } from '../formats/document.js'
import type { Document } from '../formats/document.js'
import { decode, problemOf } from '../formats/parse.js'
import type { KeyPaths } from '../formats/parse.js'
import { parsePath, valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import { isArrayOf } from '../trees/build-object.js'
import { atOnce } from '../async/slices.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Entry, FileEntry, Reading, ValueEntry } from '../sources/source.js'
import { canonical } from '../trees/canonical.js'
import { TreeError, isPlainObject } from '../trees/tree.js'
import { merge } from '../trees/merge.js'
import { nest } from '../trees/nest.js'
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
 * itself comes back. Large ones are parsed in a worker.
 *
 * @returns the layer, or every problem found
 * @throws the reason of `signal`
 */
export async function parseLayer(
  source: string,
  reading: Reading,
  keyPaths: KeyPaths,
  previous: Layer | undefined,
  redactor: Redactor,
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
  const worker = new SharedWorker(signal)
  for (const [place, index] of order.entries()) {
    const entry = entries[index] as Entry
    const before = alike ? alike.parts[place] : known?.get(nameOf(entry))
    if (before && sameEntry(before.entry, entry)) {
      parts.push(before)
      continue
    }
    try {
      parts.push(isFile(entry) ? await parseFile(entry, before, keyPaths, worker) : wrapValue(entry, before))
    } catch (error) {
      signal.throwIfAborted()
      issues.push(issueOf(error, source, entry, redactor))
    }
  }
  worker.close()
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

async function parseFile(
  entry: FileEntry,
  before: Part | undefined,
  keyPaths: KeyPaths,
  worker: SharedWorker,
): Promise<Part> {
  const folders = entry.key.split('/')
  const name = folders.pop() ?? ''
  const format = await formatOf(name)
  if (!format) {
    const paths = (folders.length === 0 && keyPaths.get(name)) || [[...folders, ...pathOf(name)]]
    const text = decode(entry.bytes).replace(/\r?\n$/, '')
    const trees = paths.map((path) => placeValue(path, text, before?.tree))
    return { entry, tree: atOnce(merge(trees, before?.tree)), locate: async () => [] }
  }
  const previous =
    before && isFile(before.entry) ? { bytes: before.entry.bytes, tree: valueAt(before.tree, folders) } : undefined
  const document = { name, format, bytes: entry.bytes, keyPaths }
  const tree = await parseDocument(document, previous, worker)
  return documentPart(entry, nest(folders, tree, before?.tree), document, folders.length)
}

/**
 * A function of its own, so that `locate` does not capture the previous part. Otherwise every part would keep its
 * predecessor alive.
 */
function documentPart(entry: FileEntry, tree: unknown, document: Document, depth: number): Part {
  return {
    entry,
    tree,
    locate: (paths, signal) =>
      positionsIn(
        document,
        paths.map((path) => path.slice(depth)),
        signal,
      ),
  }
}

/** A name without anything between its dots is no path. */
function pathOf(name: string): readonly string[] {
  const path = parsePath(name)
  return path.length > 0 ? path : [name]
}

function wrapValue(entry: ValueEntry, before: Part | undefined): Part {
  return { entry, tree: placeValue(entry.path, entry.value, before?.tree), locate: async () => [] }
}

/** Copied synchronously: the program owns this object and could mutate it between slices. */
function placeValue(path: readonly string[], value: unknown, before: unknown): unknown {
  const own = atOnce(canonical(value, valueAt(before, path)))
  if (path.length === 0 && !isPlainObject(own)) throw new TreeError([], 'expected an object')
  return nest(path, own, before)
}

function issueOf(error: unknown, source: string, entry: Entry, redactor: Redactor): Issue {
  const { message, position, path: where } = problemOf(error)
  const file = isFile(entry) && { file: fileOf(entry) }
  // the keys of a secret are secrets, and what was not parsed gave none that could be recognized
  const path = where !== undefined && !entry.secret ? redactor.paths([where])[0] : ''
  const shown = isFile(entry) && entry.secret ? redactor.scrubAbout(entry.bytes, message) : redactor.scrub(message)
  return { code: 'HOT_CONFIG_SYNTAX', source, ...file, ...position, ...(path && { path }), message: shown }
}
