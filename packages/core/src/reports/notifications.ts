import { isDeepStrictEqual } from 'node:util'

import { Listeners } from '../async/listeners.js'
import type { Unsubscribe } from '../async/listeners.js'
import { requiredFunction } from '../errors/option-kinds.js'
import type { Change } from '../snapshots/snapshot.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { isSame } from '../trees/equal.js'
import type { Rejection } from '../updates/rejection.js'
import { reloadOf } from '../updates/reload.js'
import type { Reload } from '../updates/reload.js'
import { isRepeated } from '../updates/state.js'
import type { Step } from '../updates/state.js'

export type PartListener<T, V> = (value: V, previous: V, change: Change<T>) => unknown

/** The listeners of the application. An error of one does not affect the others. */
export class Notifications<T> {
  readonly changes: Listeners<[Change<T>]>
  readonly rejects: Listeners<[Rejection]>
  readonly reloads: Listeners<[Reload<T>]>
  readonly restarts: Listeners<[readonly string[]]>

  /** @param failed called with the error of a listener */
  constructor(failed: (what: string, error: unknown) => void) {
    const listenerFailed = (error: unknown): void => failed('a listener failed', error)
    this.changes = new Listeners(listenerFailed)
    this.rejects = new Listeners(listenerFailed)
    this.reloads = new Listeners(listenerFailed)
    this.restarts = new Listeners((error) => failed('onPendingRestart failed', error))
  }

  observe({ before, now, outcome }: Step<T>): void {
    const pending = now.origin?.pendingRestart ?? []
    if (pending.length > 0 && !isDeepStrictEqual(pending, before.origin?.pendingRestart)) this.restarts.notify(pending)
    // The first load is reported by the promise that the application awaits.
    if (!before.snapshot) return
    if (!this.reloads.isEmpty) this.reloads.notify(reloadOf(outcome))
    if (outcome.type === 'changed' && outcome.change) this.changes.notify(outcome.change)
    if (outcome.type === 'rejected' && !isRepeated(before, outcome)) this.rejects.notify(outcome.rejection)
  }

  /** Calls the listener after each change of the selected part. */
  onPart<V>(select: (value: DeepReadonly<T>) => unknown, listener: PartListener<T, V>): Unsubscribe {
    requiredFunction()(listener, 'listener')
    return this.changes.add((change) => {
      const [before, after] = [select(change.previous.value), select(change.next.value)]
      return isSame(before, after) ? undefined : listener(after as V, before as V, change)
    })
  }

  clear(): void {
    for (const listeners of [this.changes, this.rejects, this.reloads, this.restarts]) listeners.clear()
  }
}
