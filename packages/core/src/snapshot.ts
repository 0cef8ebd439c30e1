import { createHash } from 'node:crypto'

import type { DeepReadonly } from './deep-readonly.js'
import { differences } from './diff.js'
import { isPlainObject } from './tree.js'

/** The immutable, validated result of merging all layers. */
export interface Snapshot<T> {
  readonly value: DeepReadonly<T>
  /** Counts up from 1 in this process. */
  readonly version: number
  /** `sha256:...` of the value: the same wherever the same configuration runs. */
  readonly digest: string
  /** When it was taken, in ISO 8601. */
  readonly loadedAt: string
}

/** The step from one snapshot to the next. */
export interface Change<T> {
  readonly previous: Snapshot<T>
  readonly next: Snapshot<T>
  /** Where the two differ, such as `log.level` or `servers[1].host`. Computed when first read. */
  readonly paths: readonly string[]
}

export function createSnapshot<T>(value: DeepReadonly<T>, version: number): Snapshot<T> {
  let digest: string | undefined
  return Object.freeze({
    value,
    version,
    loadedAt: new Date().toISOString(),
    get digest() {
      return (digest ??= `sha256:${createHash('sha256').update(serialize(value)).digest('hex')}`)
    },
  })
}

export function createChange<T>(previous: Snapshot<T>, next: Snapshot<T>): Change<T> {
  let paths: readonly string[] | undefined
  return Object.freeze({
    previous,
    next,
    get paths() {
      return (paths ??= Object.freeze(differences(previous.value, next.value).map(({ path }) => path)))
    },
  })
}

/** JSON, with a form for what JSON has none for. Snapshots have one order of keys, so equal values give equal text. */
function serialize(value: unknown): string {
  // only class instances can lead back to themselves: the rest of a snapshot is a tree
  const instances = new Set<object>()
  return (
    JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === 'bigint' || item instanceof RegExp || typeof item === 'function') return String(item)
      if (typeof item !== 'object' || item === null || Array.isArray(item) || isPlainObject(item)) return item
      if (instances.has(item)) return '[again]'
      instances.add(item)
      return item instanceof Map || item instanceof Set ? [...item] : item
    }) ?? 'undefined'
  )
}
