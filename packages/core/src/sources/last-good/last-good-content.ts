import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

import { isPlainObject } from '../../trees/tree.js'
import type { Entry, FileEntry } from '../source.js'

/** What a source gave. */
export interface StoredSource {
  readonly name: string
  readonly entries: readonly Entry[]
  /** Whether some of it is not kept: secrets, or what can't be written as JSON. It can't take the source's place then. */
  readonly isPartial: boolean
}

/** The last good configuration, as it is kept outside the process. */
export interface LastGoodContent {
  /** When it was saved, in ISO 8601. */
  readonly savedAt: string
  /** Of the snapshot. */
  readonly digest: string
  readonly sources: readonly StoredSource[]
}

const FORMAT = 'hot-config-last-good'
const VERSION = 1

/** What a source gave, as far as it may be kept and can be written. */
export function storedSource(name: string, entries: readonly Entry[], secrets: boolean): StoredSource {
  const kept = entries.filter((entry) => (secrets || !entry.secret) && isWritable(entry))
  return { name, entries: kept, isPartial: kept.length < entries.length }
}

/** Writes it as JSON. */
export function encodeLastGood({ savedAt, digest, sources }: LastGoodContent): Uint8Array {
  const content = {
    digest,
    sources: sources.map(({ name, entries, isPartial }) => ({ name, isPartial, entries: entries.map(encodeEntry) })),
  }
  const checksum = checksumOf(content)
  return Buffer.from(JSON.stringify({ format: FORMAT, version: VERSION, savedAt, checksum, ...content }))
}

/** Reads it again. @throws with what is wrong with it; the message quotes nothing of it */
export function decodeLastGood(bytes: Uint8Array): LastGoodContent {
  const read = parse(bytes)
  if (read['format'] !== FORMAT) throw new Error('it is not a last good configuration')
  if (read['version'] !== VERSION) throw new Error(`it is of another version, expected ${VERSION}`)
  const { savedAt, digest, sources } = read as unknown as { savedAt: string; digest: string; sources: WrittenSource[] }
  if (read['checksum'] !== checksumOf({ digest, sources })) throw new Error('its checksum does not match')
  return {
    savedAt,
    digest,
    sources: sources.map((source) => ({ ...source, entries: source.entries.map(decodeEntry) })),
  }
}

/** The checksum in what was written: the same for the same content, whenever it was saved. */
export function checksumIn(bytes: Uint8Array): unknown {
  try {
    return parse(bytes)['checksum']
  } catch {
    return undefined
  }
}

/** A file as text where it is one, so that people can read it. */
type WrittenEntry = Omit<FileEntry, 'bytes'> & { readonly text?: string; readonly base64?: string }

interface WrittenSource extends Omit<StoredSource, 'entries'> {
  readonly entries: readonly (WrittenEntry | Entry)[]
}

function encodeEntry(entry: Entry): unknown {
  if (!('bytes' in entry)) return entry
  const { bytes, ...rest } = entry
  const buffer = Buffer.from(bytes)
  return { ...rest, ...(isUtf8(buffer) ? { text: buffer.toString() } : { base64: buffer.toString('base64') }) }
}

function decodeEntry(written: WrittenEntry | Entry): Entry {
  if (!('text' in written) && !('base64' in written)) return written as Entry
  const { text, base64, ...rest } = written
  return { ...rest, bytes: text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text) }
}

function isWritable(entry: Entry): boolean {
  // a format of the program's own is a function
  if ('bytes' in entry) return typeof entry.format !== 'object'
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(entry.value)), entry.value)
  } catch {
    return false
  }
}

function checksumOf(content: object): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (isPlainObject(value)) return value
  } catch {
    // the parser's message would quote it
  }
  throw new Error('it is torn, or no JSON')
}
