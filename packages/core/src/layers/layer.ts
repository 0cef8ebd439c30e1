import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'

import type { ContentWarning } from '../errors/content-warning.js'
import type { Issue } from '../errors/errors.js'
import { formatOf, parserOf } from '../formats/parsers.js'
import type { Repeated } from '../formats/parser.js'
import { withNames } from '../formats/with-names.js'
import { SharedWorker, parseDocument, positionsIn } from '../formats/document.js'
import type { Document } from '../formats/document.js'
import { decode, problemOf } from '../formats/parse.js'
import { pathOfFlatName } from '../trees/flat-name.js'
import { valueAt } from '../trees/path.js'
import { isArrayOf } from '../trees/build-object.js'
import { atOnce, inSlices } from '../async/slices.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Entry, FileEntry, Reading, ValueEntry } from '../sources/source.js'
import { canonical } from '../trees/canonical.js'
import { TreeError, holdsValues, isPlainObject } from '../trees/tree.js'
import { merge } from '../trees/merge.js'
import { KEYS_BELOW, nest } from '../trees/nest.js'
import { collisionsIn } from './collisions.js'
import { documentHint, hintAbout } from './document-hint.js'
import { knownEntries } from './known-entries.js'
import type { SchemaNames } from './known-entries.js'
import type { Part } from './part.js'
import { repeatedIn } from './repeated.js'
import { haveSameNames, isFile, ownerOf, nameOf, fileOf, sameEntry } from './entry.js'

/** The entries of one source, each parsed to a tree. */
export interface Layer {
  readonly source: string
  /** The entries in the order in which the source returned them. */
  readonly entries: readonly Entry[]
  /** The parsed entries, in the order in which they are merged. */
  readonly parts: readonly Part[]
  /** The index in `entries` of each part. */
  readonly order: readonly number[]
  /** The mistakes that the source itself found in its content. */
  readonly told: readonly string[]
  /** Probable mistakes in the content. */
  readonly warnings: readonly ContentWarning[]
  /** The warnings about files that are probably documents but are read as text. Their values are missing. */
  readonly hints: readonly ContentWarning[]
  /** The warning that the source has no values. */
  readonly emptiness: readonly ContentWarning[]
  /** Whether it is the environment of the process. */
  readonly isEnvironment: boolean
  /** Whether it is the environment or the program's own, and so there at every start. */
  readonly isOfProcess: boolean
  /** Whether an earlier process saved it. */
  readonly isLastGood: boolean
  /** Why large documents of it were not parsed in a worker. */
  readonly workerFailure: string | undefined
}

/**
 * Parses a reading. An entry with the same bytes as in `previous` is not parsed again. When all entries are the same,
 * this returns `previous` itself. Large documents are parsed in a worker.
 *
 * @returns the layer, or every problem found
 * @throws the reason of `signal`
 */
export async function parseLayer(
  source: string,
  reading: Reading,
  names: SchemaNames,
  previous: Layer | undefined,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<{ layer: Layer } | { issues: Issue[] }> {
  const entries = knownEntries(reading.entries, names)
  const { contentWarnings: told = [] } = reading
  const last = previous?.source === source && isArrayOf(previous.told, told) ? previous : undefined
  if (last && isArrayOf(last.entries, entries) && entries.every(isFile)) return { layer: last }
  // Most updates change values and not names, so the order and the names can be reused.
  const alike = previous && haveSameNames(previous.entries, entries) ? previous : undefined
  const order = alike?.order ?? orderOf(entries)
  const known = alike ? undefined : new Map(previous?.parts.map((part) => [nameOf(part.entry), part]))
  const issues: Issue[] = []
  const parts: Part[] = []
  const worker = new SharedWorker(signal)
  let isLong = false
  const tookLong = (): void => void (isLong = true)
  for (const [place, index] of order.entries()) {
    const entry = entries[index] as Entry
    const before = alike ? alike.parts[place] : known?.get(nameOf(entry))
    if (before && sameEntry(before.entry, entry)) {
      parts.push(before)
      continue
    }
    try {
      parts.push(isFile(entry) ? await parseFile(entry, before, names, worker) : wrapValue(entry, before, tookLong))
    } catch (error) {
      signal.throwIfAborted()
      issues.push(issueOf(error, source, entry, reading, redactor))
    }
  }
  worker.close()
  // After all values, because the application could mutate them meanwhile.
  if (isLong) await setImmediate()
  if (issues.length > 0) return { issues }
  if (last && isArrayOf(last.parts, parts)) return { layer: last }
  const hints = parts.flatMap(({ entry, hint }) =>
    hint && isFile(entry) ? (hintAbout(entry.source ?? source, entry, hint, reading.canIgnore) ?? []) : [],
  )
  const emptiness = emptinessOf(source, reading, parts)
  const advice = reading.canIgnore ? '; if that is not meant, leave one out with ignore' : ''
  const collisions = await inSlices(collisionsIn(source, parts, advice), signal)
  const mistakes = told.map((message) => ({ source, message }))
  const warnings = [...mistakes, ...hints, ...repeatedIn(source, parts), ...emptiness, ...collisions]
  const { isEnvironment = false, isOfProgram = false, isLastGood = false } = reading
  const isOfProcess = isEnvironment || isOfProgram
  const marks = { isEnvironment, isOfProcess, isLastGood, workerFailure: worker.failure }
  return { layer: { source, entries, parts, order, told, hints, emptiness, warnings, ...marks } }
}

function emptinessOf(source: string, { mayBeEmpty, canIgnore }: Reading, parts: readonly Part[]): ContentWarning[] {
  if (mayBeEmpty || !parts.every(({ isEmpty }) => isEmpty)) return []
  const isGone = canIgnore && parts.length === 0
  return [{ source, message: isGone ? NO_KEYS : 'holds no values' }]
}

const NO_KEYS = 'holds no keys: its ConfigMap or Secret is empty or gone, or keys and ignore leave all of them out'

/** The dot of a hidden file, such as `.dockerconfigjson`. */
const HIDDEN = /^\.(?=[^.])/

interface Ranked {
  readonly rank: number
  readonly name: string
}

/** Returns the order in which entries are merged: by owner, when the source has several, and then by name. */
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
  { keyPaths, hasVariables = false, declares }: SchemaNames,
  worker: SharedWorker,
): Promise<Part> {
  const folders = entry.key.split('/')
  const name = folders.pop() ?? ''
  const format = entry.format ?? formatOf(name)
  const parser = await parserOf(format)
  if (!parser) {
    const paths = (folders.length === 0 && keyPaths.get(name)) || [
      [...folders, ...pathOfFlatName(name.replace(HIDDEN, ''))],
    ]
    const text = decode(entry.bytes).replace(/\r?\n$/, '')
    const trees = paths.map((path) => placeValue(path, text, before?.tree))
    const tree = atOnce(merge(trees, before?.tree))
    const isDeclared = entry.format !== undefined || keyPaths.has(name) || paths.some((path) => declares?.(path))
    const hint = isDeclared ? undefined : documentHint(name, text, paths[0] ?? [])
    return { entry, tree, isDocument: false, hint, isEmpty: text.trim() === '', locate: async () => [] }
  }
  const previous = valueAt(before?.tree, folders)
  const { bytes } = entry
  const names = entry.names && { ...entry.names, hasVariables }
  const document = { format, parser: withNames(parser, names, keyPaths), bytes, keyPaths, names }
  const repeated: Repeated[] = []
  const tree = await parseDocument(document, previous, worker, repeated)
  return { ...documentPart(entry, nest(folders, tree, before?.tree), document, folders.length), repeated }
}

/**
 * A function of its own, so that `locate` does not capture the previous part. Otherwise every part would keep its
 * predecessor alive.
 */
function documentPart(entry: FileEntry, tree: unknown, document: Document, depth: number): Part {
  return {
    entry,
    tree,
    isDocument: true,
    isEmpty: !holdsValues(tree, document.parser.isFlat ?? false),
    locate: (paths, signal) =>
      positionsIn(
        document,
        paths.map((path) => path.slice(depth)),
        signal,
      ),
  }
}

function wrapValue(entry: ValueEntry, before: Part | undefined, tookLong: () => void): Part {
  const tree = placeValue(entry.path, entry.value, before?.tree, tookLong)
  return { entry, tree, isDocument: false, isEmpty: false, locate: async () => [] }
}

/** Copies synchronously, because the application owns this object and could mutate it between slices. */
function placeValue(path: readonly string[], value: unknown, before: unknown, tookLong?: () => void): unknown {
  const own = atOnce(canonical(value, valueAt(before, path)), tookLong)
  if (path.length === 0 && !isPlainObject(own)) throw new TreeError([], 'expected an object')
  return nest(path, own, before)
}

function issueOf(error: unknown, reader: string, entry: Entry, { canIgnore }: Reading, redactor: Redactor): Issue {
  const { message, position, path: where } = problemOf(error)
  const { source = reader } = entry
  // The keys of a Secret are secret, and the redactor has not learned those of a file that was not parsed.
  const [path] = where !== undefined && !entry.secret ? redactor.paths([where]) : []
  const shown = entry.secret && isFile(entry) ? redactor.scrubAbout(entry.bytes, message) : redactor.scrub(message)
  const issue = { code: 'HOT_CONFIG_SYNTAX', source, ...position, ...(path && { path }), message: shown } as const
  if (!isFile(entry)) return issue
  const { key, bytes } = entry
  // Such a file probably belongs to another program, such as a Java keystore.
  const isForeign = message === KEYS_BELOW || !isUtf8(bytes) || bytes.includes(0)
  const advice = canIgnore && isForeign ? `; leave it out with ignore: ['${key}']` : ''
  return { ...issue, file: fileOf(entry), message: shown + advice }
}
