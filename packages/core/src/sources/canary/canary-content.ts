import { createHash } from 'node:crypto'

import { isArrayOf } from '../../trees/build-object.js'
import { ownAt } from '../../trees/path.js'
import { isPlainObject } from '../../trees/tree.js'
import type { Entry, ValueEntry } from '../source.js'
import { SHARE_KEY } from './canary-share.js'

/** The entries of a canary, without its share. */
export interface CanaryContent {
  readonly entries: readonly Entry[]
  /** The text of the share, `undefined` when there is none. */
  readonly share: string | undefined
}

/** Takes the share out of what was read: the key of a ConfigMap, or a value of an object. */
export function contentOf(entries: readonly Entry[]): CanaryContent {
  let share: string | undefined
  const rest = entries.flatMap((entry): Entry[] => {
    if ('bytes' in entry) {
      if (entry.key !== SHARE_KEY) return [entry]
      share = Buffer.from(entry.bytes).toString()
      return []
    }
    if (isArrayOf(entry.path, [SHARE_KEY]) || isArrayOf(entry.path, SHARE_KEY.split('.'))) {
      share = textOf(entry.value)
      return []
    }
    const own = isObject(entry) ? ownAt(entry.value, SHARE_KEY) : undefined
    if (own === undefined) return [entry]
    share = textOf(own)
    const { [SHARE_KEY]: _, ...value } = entry.value as Record<string, unknown>
    return [{ ...entry, value }]
  })
  return { entries: rest, share }
}

/** What is no text is no share. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Whether there is a canary: one that holds its share alone is none. */
export function hasContent({ entries }: CanaryContent): boolean {
  return entries.some((entry) => !isObject(entry) || Object.keys(entry.value).length > 0)
}

/** `sha256:...` of entries: the same wherever the same keys hold the same, whatever they were read from. */
export function digestOfEntries(entries: readonly Entry[]): string {
  const digest = createHash('sha256')
  const named = entries.map((entry) => ({ name: nameOf(entry), content: contentBytes(entry) }))
  for (const { name, content } of named.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    digest.update(`${name}\0${content.length}\0`).update(content)
  }
  return `sha256:${digest.digest('hex')}`
}

/** Stable entries, of which those that a canary has as well are replaced as a whole. */
export function withEntries(stable: readonly Entry[], canary: readonly Entry[]): Entry[] {
  const names = new Set(canary.flatMap((own) => (isObject(own) ? Object.keys(own.value) : [])))
  const owners = new Set(stable.map(ownerOf))
  const kept = stable.flatMap((entry): Entry[] => {
    if (isObject(entry)) return keysBeside(entry, names)
    return canary.some((own) => isReplaced(entry, own, owners)) ? [] : [entry]
  })
  return [...kept, ...canary]
}

type ObjectEntry = ValueEntry & { readonly value: Readonly<Record<string, unknown>> }

/** Whether it is a whole object of the program, as `values()` has one: its names are what the keys of a ConfigMap are. */
function isObject(entry: Entry): entry is ObjectEntry {
  return !('bytes' in entry) && entry.path.length === 0 && isPlainObject(entry.value)
}

function keysBeside(entry: ObjectEntry, names: ReadonlySet<string>): Entry[] {
  const kept = Object.entries(entry.value).filter(([name]) => !names.has(name))
  return kept.length === 0 ? [] : [{ ...entry, value: Object.fromEntries(kept) }]
}

function ownerOf(entry: Entry): string | undefined {
  return 'bytes' in entry ? entry.owner : undefined
}

/** Whether one has the name of another. A canary whose owner is none of the stable ones replaces the keys of all of them. */
function isReplaced(entry: Entry, by: Entry, owners: ReadonlySet<string | undefined>): boolean {
  if ('bytes' in entry) {
    return 'bytes' in by && entry.key === by.key && (by.owner === entry.owner || !owners.has(by.owner))
  }
  return !('bytes' in by) && isArrayOf(entry.path, by.path)
}

function nameOf(entry: Entry): string {
  return 'bytes' in entry ? entry.key : `\0${entry.path.join('\0')}`
}

function contentBytes(entry: Entry): Uint8Array {
  if ('bytes' in entry) return entry.bytes
  const text = JSON.stringify(entry.value, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  return Buffer.from(text ?? 'undefined')
}
