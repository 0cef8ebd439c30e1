import { formatPath } from '../trees/path.js'
import { isArrayOf } from '../trees/build-object.js'
import type { Entry, FileEntry } from '../sources/source.js'

function isSameName(a: Entry, b: Entry): boolean {
  if (isFile(a)) return isFile(b) && a.key === b.key && a.owner === b.owner
  return !isFile(b) && isArrayOf(a.path, b.path)
}

export function isFile(entry: Entry): entry is FileEntry {
  return 'bytes' in entry
}

export function ownerOf(entry: Entry): string | undefined {
  return isFile(entry) ? entry.owner : undefined
}

export function nameOf(entry: Entry): string {
  return isFile(entry) ? fileOf(entry) : (entry.name ?? formatPath(entry.path))
}

/** The name of the file in messages. */
export function fileOf({ owner, key }: FileEntry): string {
  return owner === undefined ? key : `${owner}/${key}`
}

export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b && isFile(a)) return true
  if (Boolean(a.secret) !== Boolean(b.secret) || a.source !== b.source) return false
  if (isFile(a)) return isFile(b) && a.format === b.format && Buffer.compare(a.bytes, b.bytes) === 0
  // An object may have been mutated in place, so only primitive values can be compared.
  return 'value' in b && Object.is(a.value, b.value) && typeof a.value !== 'object' && isArrayOf(a.path, b.path)
}

export function haveSameNames(left: readonly Entry[], right: readonly Entry[]): boolean {
  return left.length === right.length && left.every((entry, index) => isSameName(entry, right[index] as Entry))
}
