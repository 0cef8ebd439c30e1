import type { FileEntry } from '@hot-config/core'

import { KubernetesError } from '../kubernetes-error.js'
import type { HeldObject } from '../reflector/held-object.js'

export interface EntryOptions {
  /** Only these; all when not given. */
  readonly keys: readonly string[] | undefined
  readonly secret: boolean
}

/** The entries of an object: what a volume would have as files. */
export function entriesOf(object: HeldObject, { keys, secret }: EntryOptions): FileEntry[] {
  return Array.from(object.data)
    .filter(([key]) => !keys || keys.includes(key))
    .map(([key, bytes]) => ({ key, bytes, ...(secret && { secret }) }))
}

/** Refuses an object in which a key is missing that was asked for by name. @throws {KubernetesError} */
export function checkKeys(object: HeldObject, keys: readonly string[] | undefined): void {
  const missing = keys?.filter((key) => !object.data.has(key)) ?? []
  if (missing.length === 0) return
  const there = Array.from(object.data.keys()).sort().join(', ') || 'none'
  throw new KubernetesError('not-found', `it has no ${missing.join(', ')}; its keys are ${there}`)
}
