import type { Change } from '../snapshots/snapshot.js'
import type { Rejection } from './rejection.js'
import type { Outcome } from './state.js'
import type { StageDurations } from './stopwatch.js'

/** The result of a reload. The details are in the change or in `health().lastRejection`. */
export type ReloadResult = 'changed' | 'unchanged' | 'rejected'

/** A reload that ended. A reload that a newer update replaced has the result of that update. */
export interface Reload<T> {
  readonly result: ReloadResult
  /** The start, in ISO 8601. */
  readonly startedAt: string
  /** The duration in milliseconds, including the wait of `applyDelay`. */
  readonly elapsedMs: number
  /** The duration of each stage that was reached. */
  readonly durations: StageDurations
  /** The change, when the result is `changed`. */
  readonly change?: Change<T>
  /** The reason, when the result is `rejected`. */
  readonly rejection?: Rejection
}

export type ReloadListener<T> = (reload: Reload<T>) => unknown

/** Converts an outcome to the form in which listeners receive it. */
export function reloadOf<T>(outcome: Outcome<T>): Reload<T> {
  const { startedAt, elapsedMs, durations } = outcome.check.stopwatch
  return Object.freeze({
    result: outcome.type,
    startedAt,
    elapsedMs,
    durations: { ...durations },
    ...(outcome.type === 'changed' && outcome.change && { change: outcome.change }),
    ...(outcome.type === 'rejected' && { rejection: outcome.rejection }),
  })
}
