import { isDeepStrictEqual } from 'node:util'

import { Listeners } from '../async/listeners.js'
import type { Unsubscribe } from '../async/listeners.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { boolean, requiredFunction } from '../errors/option-kinds.js'
import type { Change, Snapshot } from '../snapshots/snapshot.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { isSame } from '../trees/equal.js'
import type { Rejection } from '../updates/rejection.js'
import { reloadOf } from '../updates/reload.js'
import type { Reload } from '../updates/reload.js'
import { isRepeated } from '../updates/state.js'
import type { Step } from '../updates/state.js'

export type PartListener<T, V> = (value: V, previous: V, change: Change<T>) => unknown

/** A listener that may be called without a change. Then there is no previous value. */
export type FirstPartListener<T, V> = (value: V, previous: V | undefined, change: Change<T> | undefined) => unknown

export interface OnChangeOptions {
  /** Whether the listener is also called at once, with the current value. Default: `false`. */
  readonly immediate?: boolean | undefined
}

const ON_CHANGE_OPTIONS: TableOf<OnChangeOptions> = { immediate: boolean(false) }

/** The listeners of the application. An error of one does not affect the others. */
export class Notifications<T> {
  readonly changes: Listeners<[Change<T>]>
  readonly rejects: Listeners<[Rejection]>
  readonly reloads: Listeners<[Reload<T>]>
  readonly restarts: Listeners<[readonly string[]]>
  readonly #listenerFailed: (error: unknown) => void
  /** Those that wait for the first snapshot. */
  readonly #first: Listeners<[Snapshot<T>]>
  #served: Snapshot<T> | undefined

  /** @param failed called with the error of a listener */
  constructor(failed: (what: string, error: unknown) => void) {
    const listenerFailed = (error: unknown): void => failed('a listener failed', error)
    this.#listenerFailed = listenerFailed
    this.#first = new Listeners(listenerFailed)
    this.changes = new Listeners(listenerFailed)
    this.rejects = new Listeners(listenerFailed)
    this.reloads = new Listeners(listenerFailed)
    this.restarts = new Listeners((error) => failed('onPendingRestart failed', error))
  }

  observe({ before, now, outcome }: Step<T>): void {
    const pending = now.origin?.pendingRestart ?? []
    if (pending.length > 0 && !isDeepStrictEqual(pending, before.origin?.pendingRestart))
      this.restarts.notify([...pending])
    this.#served = now.snapshot
    // The first load is reported by the promise that the application awaits.
    if (!before.snapshot) {
      if (!now.snapshot) return
      this.#first.notify(now.snapshot)
      return this.#first.clear()
    }
    if (!this.reloads.isEmpty) this.reloads.notify(reloadOf(outcome))
    if (outcome.type === 'changed' && outcome.change) this.changes.notify(outcome.change)
    if (outcome.type === 'rejected' && !isRepeated(before, outcome)) this.rejects.notify(outcome.rejection)
  }

  /** Calls the listener after each change of the selected part, and also at once if the options say so. */
  onPart<V>(
    select: (value: DeepReadonly<T>) => unknown,
    listener: FirstPartListener<T, V>,
    options: OnChangeOptions = {},
  ): Unsubscribe {
    requiredFunction()(listener, 'listener')
    const { immediate } = readOptions(options, ON_CHANGE_OPTIONS)
    const stop = this.changes.add((change) => {
      const [before, after] = [select(change.previous.value), select(change.next.value)]
      return isSame(before, after) ? undefined : listener(after as V, before as V, change)
    })
    if (!immediate) return stop
    const stopFirst = this.#onFirst(({ value }) => listener(select(value) as V, undefined, undefined))
    return () => {
      stop()
      stopFirst()
    }
  }

  #onFirst(listener: (snapshot: Snapshot<T>) => unknown): Unsubscribe {
    if (!this.#served) return this.#first.add(listener)
    const now = new Listeners<[Snapshot<T>]>(this.#listenerFailed)
    now.add(listener)
    now.notify(this.#served)
    return () => undefined
  }

  /** Removes all listeners. One that is added later is not called either, also not at once. */
  clear(): void {
    this.#served = undefined
    for (const listeners of [this.#first, this.changes, this.rejects, this.reloads, this.restarts]) listeners.clear()
  }
}
