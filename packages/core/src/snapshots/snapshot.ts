import { createHash } from 'node:crypto'

import type { DeepReadonly } from '../trees/deep-readonly.js'
import { differences } from '../trees/diff.js'
import { serialize } from './digest.js'

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
  return Object.freeze(new TakenSnapshot<T>(value, version))
}

export function createChange<T>(previous: Snapshot<T>, next: Snapshot<T>): Change<T> {
  return Object.freeze(new Step<T>(previous, next))
}

// Classes, since an object literal with an accessor is slow to freeze and has a hidden class of its own each time.

class TakenSnapshot<T> implements Snapshot<T> {
  readonly value: DeepReadonly<T>
  readonly version: number
  readonly #loadedAt = Date.now()
  #digest: string | undefined

  constructor(value: DeepReadonly<T>, version: number) {
    this.value = value
    this.version = version
  }

  get loadedAt(): string {
    return new Date(this.#loadedAt).toISOString()
  }

  get digest(): string {
    return (this.#digest ??= `sha256:${createHash('sha256').update(serialize(this.value)).digest('hex')}`)
  }

  toJSON(): Snapshot<T> {
    const { value, version, digest, loadedAt } = this
    return { value, version, digest, loadedAt }
  }
}

class Step<T> implements Change<T> {
  readonly previous: Snapshot<T>
  readonly next: Snapshot<T>
  #paths: readonly string[] | undefined

  constructor(previous: Snapshot<T>, next: Snapshot<T>) {
    this.previous = previous
    this.next = next
  }

  get paths(): readonly string[] {
    return (this.#paths ??= Object.freeze(differences(this.previous.value, this.next.value).map(({ path }) => path)))
  }
}
