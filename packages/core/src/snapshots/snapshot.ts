import type { DeepReadonly } from '../trees/deep-readonly.js'
import type { Redactor } from '../secrets/redactor.js'
import { digestOf } from './digest.js'

/** The immutable, validated result of merging all layers. */
export interface Snapshot<T> {
  readonly value: DeepReadonly<T>
  /** The number of the snapshot. The first one of the process has the number 1. */
  readonly version: number
  /**
   * The digest (`sha256:...`) of the value without its secrets. It is the same in all processes with the same values.
   */
  readonly digest: string
  /** When it was created, in ISO 8601. */
  readonly loadedAt: string
}

/** The step from one snapshot to the next. */
export interface Change<T> {
  readonly previous: Snapshot<T>
  readonly next: Snapshot<T>
  /** The paths at which the two differ, such as `log.level` or `servers[1].host`. Computed when first read. */
  readonly paths: readonly string[]
}

export function createSnapshot<T>(value: DeepReadonly<T>, version: number, redactor: Redactor): Snapshot<T> {
  return Object.freeze(new TakenSnapshot<T>(value, version, redactor))
}

export function createChange<T>(previous: Snapshot<T>, next: Snapshot<T>, redactor: Redactor): Change<T> {
  return Object.freeze(new Step<T>(previous, next, redactor))
}

// Classes, because an object literal with an accessor is slow to freeze and has its own hidden class each time. What is
// computed when it is read is a property of the object itself, so that a copy of it has it.

class TakenSnapshot<T> implements Snapshot<T> {
  static readonly #COMPUTED = {
    digest: {
      enumerable: true,
      get(this: TakenSnapshot<unknown>): string {
        return (this.#digest ??= digestOf(this.#redactor.withoutSecrets(this.value)))
      },
    },
    loadedAt: {
      enumerable: true,
      get(this: TakenSnapshot<unknown>): string {
        return new Date(this.#loadedAt).toISOString()
      },
    },
  }

  readonly value: DeepReadonly<T>
  readonly version: number
  declare readonly digest: string
  declare readonly loadedAt: string
  readonly #loadedAt = Date.now()
  readonly #redactor: Redactor
  #digest: string | undefined

  constructor(value: DeepReadonly<T>, version: number, redactor: Redactor) {
    this.value = value
    this.version = version
    this.#redactor = redactor
    Object.defineProperties(this, TakenSnapshot.#COMPUTED)
  }
}

class Step<T> implements Change<T> {
  static readonly #COMPUTED = {
    paths: {
      enumerable: true,
      get(this: Step<unknown>): readonly string[] {
        return (this.#paths ??= Object.freeze(this.#redactor.changedPaths(this.previous.value, this.next.value)))
      },
    },
  }

  readonly previous: Snapshot<T>
  readonly next: Snapshot<T>
  declare readonly paths: readonly string[]
  readonly #redactor: Redactor
  #paths: readonly string[] | undefined

  constructor(previous: Snapshot<T>, next: Snapshot<T>, redactor: Redactor) {
    this.previous = previous
    this.next = next
    this.#redactor = redactor
    Object.defineProperties(this, Step.#COMPUTED)
  }
}
