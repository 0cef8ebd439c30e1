import type { Rejection } from './rejection.js'
import type { Change } from '../snapshots/snapshot.js'

/** What a reload came to. The details are in the change or in `health().lastRejection`. */
export type ReloadResult = 'changed' | 'unchanged' | 'rejected'

export interface StageDurations {
  /** Reading and parsing. */
  readonly read?: number
  /** Merging and validating. */
  readonly validate?: number
  /** Hooks and resources. */
  readonly prepare?: number
}

/** A reload that ended. One whose place a newer update took is told of as that. */
export interface Reload<T> {
  readonly result: ReloadResult
  /** When it began, in ISO 8601. */
  readonly startedAt: string
  /** How long it was under way, in milliseconds, with the time that `applyDelay` made it wait. */
  readonly elapsedMs: number
  /** How long each stage took, of those that were reached. */
  readonly durations: StageDurations
  /** What was taken, when the result is `changed`. */
  readonly change?: Change<T>
  /** Why nothing was taken, when the result is `rejected`. */
  readonly rejection?: Rejection
}

export type ReloadListener<T> = (reload: Reload<T>) => unknown

/** Measures one reload. */
export class Stopwatch {
  readonly #started = performance.now()
  readonly #startedAt = Date.now()
  readonly durations: { -readonly [Stage in keyof StageDurations]: StageDurations[Stage] } = {}

  get startedAt(): string {
    return new Date(this.#startedAt).toISOString()
  }

  get elapsedMs(): number {
    return performance.now() - this.#started
  }

  /** Starts measuring a stage. @returns what ends it; the first call counts */
  start(stage: keyof StageDurations): () => void {
    const started = performance.now()
    return () => {
      this.durations[stage] ??= performance.now() - started
    }
  }
}
