import { sharedState } from '../../async/shared-state.js'
import type { GuardedRequests } from './guard-options.js'

interface Tally {
  total: number
  failed: number
}

/** A value that is watched, and the requests that read it. */
interface Watched {
  readonly value: unknown
  readonly good: unknown
  readonly before: Tally
  readonly now: Tally
}

/**
 * Counts the requests that ended, by the value that each of them read. What failed before an update is counted for as long
 * as an update is watched: a rate that was as high before is no reason to take the update back.
 */
export class RequestCounts {
  readonly #windowMs: number
  #older: Tally = tally()
  #recent: Tally = tally()
  #since = performance.now()
  #watched: Watched | undefined
  /** What serves since an update was watched last. `undefined` before the first. */
  #serving: unknown

  /** @param windowMs how long what failed is kept, in milliseconds */
  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Counts a request that has ended. @param value what it read, or what was current when it began */
  add(value: unknown, hasFailed: boolean): void {
    const counted = this.#tallyFor(value)
    if (!counted) return
    counted.total++
    if (hasFailed) counted.failed++
  }

  /** Begins to watch `value` in place of `good`. A newer update keeps what was counted for `good`. */
  watch(value: unknown, good: unknown): void {
    this.#rotate()
    const before = this.#watched?.before ?? sum(this.#older, this.#recent)
    this.#watched = { value, good, before, now: tally() }
  }

  /** Stops to watch. What was counted for the value that serves on is what counts from now on. */
  end(serving: unknown): void {
    const watched = this.#watched
    this.#watched = undefined
    this.#serving = serving
    if (!watched) return
    this.#older = tally()
    this.#recent = serving === watched.value ? watched.now : watched.before
    this.#since = performance.now()
  }

  /** The requests that read the watched value. */
  get now(): GuardedRequests {
    return { ...(this.#watched?.now ?? tally()) }
  }

  /** The requests before it. */
  get before(): GuardedRequests {
    return { ...(this.#watched?.before ?? tally()) }
  }

  #tallyFor(value: unknown): Tally | undefined {
    if (!this.#watched) {
      // a slow request of an update that was taken back must not excuse the next one
      if (this.#serving !== undefined && value !== this.#serving) return undefined
      this.#rotate()
      return this.#recent
    }
    if (value === this.#watched.value) return this.#watched.now
    // a slow request that began before the update says nothing about it; one that read another update says nothing about either
    return value === this.#watched.good ? this.#watched.before : undefined
  }

  #rotate(): void {
    const now = performance.now()
    const age = now - this.#since
    if (age < this.#windowMs) return
    this.#older = age < 2 * this.#windowMs ? this.#recent : tally()
    this.#recent = tally()
    this.#since = now
  }
}

function tally(): Tally {
  return { total: 0, failed: 0 }
}

function sum(a: Tally, b: Tally): Tally {
  return { total: a.total + b.total, failed: a.failed + b.failed }
}

/** The counts of each configuration with a guard, for adapters. */
export const requestCounts: WeakMap<object, RequestCounts> = sharedState('request-counts', () => new WeakMap())
