import { setTimeout as delay } from 'node:timers/promises'

import { createAbort } from '../async/abort.js'
import { handled } from '../async/handled.js'
import { backoffMs } from '../async/backoff.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { isSame } from '../trees/equal.js'
import type { Attempt, Check } from './check.js'
import type { ReloadResult } from './reload.js'
import type { Origin, Revisions } from './state.js'

/** A valid update that may be swapped in. */
export interface Proposal<T> {
  readonly value: DeepReadonly<T>
  /** What it came from. Replaced when the same value comes again, by then with other revisions or pending restarts. */
  from: {
    readonly check: Check
    readonly origin: Origin | undefined
    readonly revisions: Revisions
    readonly attempt: Attempt
  }
}

/**
 * Prepares a proposal and swaps it in. Calls `ended` before it takes the outcome, and tells whether that is a rejection:
 * listeners must find in health that the update no longer waits. Rejects with the reason of the signal when that aborts.
 */
export type Prepare<T> = (
  proposal: Proposal<T>,
  signal: AbortSignal,
  ended: (isRejected: boolean) => void,
) => Promise<ReloadResult>

/** Where an update is on its way; times are in milliseconds since the epoch. */
export type PendingState =
  | { readonly type: 'waiting'; readonly check: number; readonly since: number; readonly until: number | undefined }
  | { readonly type: 'retrying'; readonly check: number; readonly since: number; readonly until: number }

interface Pending<T> {
  readonly proposal: Proposal<T>
  readonly prepare: Prepare<T>
  readonly abort: AbortController
  readonly since: number
  /** The result of the running attempt, or of the last one. */
  result: Promise<ReloadResult>
  failures: number
  /** A value that the guard goes back to, which waited for a retry. It comes back where the program rejects this one. */
  readonly replaced?: Pending<T> | undefined
  retry?: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined
}

/**
 * The update that waits for its delay, is prepared, or was rejected by the program and is tried again. There is at most
 * one: a newer one replaces it, unless it is the same.
 */
export class PendingUpdate<T> {
  readonly #maxDelayMs: number
  #pending: Pending<T> | undefined
  /** The end of the delay. A newer update does not restart it, or a steady stream of updates would wait forever. */
  #applyAt: number | undefined
  #newest: Promise<ReloadResult> = Promise.resolve('unchanged')

  /** @param maxDelayMs the longest random wait before an update is prepared, in milliseconds */
  constructor(maxDelayMs: number) {
    this.#maxDelayMs = maxDelayMs
  }

  /** Whether updates have no delay. */
  get isImmediate(): boolean {
    return this.#maxDelayMs === 0
  }

  /** Whether it is a value that the guard goes back to. */
  get isTakingBack(): boolean {
    return this.#pending?.proposal.from.attempt.takesBack === true
  }

  get state(): PendingState | undefined {
    if (!this.#pending) return undefined
    const { proposal, since, retry } = this.#pending
    const { number: check } = proposal.from.check
    if (retry) return { type: 'retrying', check, since, until: retry.at }
    return { type: 'waiting', check, since, until: this.#isDelayed ? this.#applyAt : undefined }
  }

  /**
   * Starts an update, which replaces the one before. Where the program rejects it, it is tried again with back-off: a
   * hook or a resource fails for reasons that go away, such as a database that fails over.
   *
   * A value that is being taken back is not replaced: where the newer update was vetoed, the bad one would serve on. The
   * sources are checked again afterwards. One that could not be prepared is replaced until the newer update is rejected.
   *
   * @param prepare is called after this returns
   * @returns the result of the first attempt, or the result of the update that replaced it
   */
  send(proposal: Proposal<T>, prepare: Prepare<T>): Promise<ReloadResult> {
    const pending = this.#pending
    if (pending && this.isTakingBack && !pending.retry) return pending.result
    if (pending && isSame(pending.proposal.value, proposal.value)) {
      // what has served before may not be vetoed, even if it comes from the sources now
      const attempt = { ...proposal.from.attempt, takesBack: this.isTakingBack }
      pending.proposal.from = { ...proposal.from, attempt }
      return pending.retry ? this.#attempt(pending) : pending.result
    }
    const replaced = this.isTakingBack ? pending : pending?.replaced
    if (pending !== replaced) pending?.abort.abort()
    clearTimeout(pending?.retry?.timer)
    const result = this.#newest
    this.#pending = { proposal, prepare, abort: createAbort(), since: Date.now(), result, failures: 0, replaced }
    return this.#attempt(this.#pending)
  }

  /** Drops the update. Its own result becomes `result`. */
  clear(result: Promise<ReloadResult>): void {
    this.#newest = result
    this.#pending?.abort.abort()
    this.#end()
  }

  /** Drops the update, because the sources no longer have it. A value that the guard goes back to stays. */
  withdraw(result: Promise<ReloadResult>): void {
    if (this.isTakingBack) return
    const replaced = this.#pending?.replaced
    this.clear(result)
    if (replaced) this.#retryLater(replaced)
  }

  /** Drops an update that waits for a retry, because the sources no longer have it. */
  supersede(): void {
    if (this.#pending?.retry && !this.isTakingBack) this.#end()
  }

  get #isDelayed(): boolean {
    return this.#applyAt !== undefined && this.#applyAt > Date.now()
  }

  #attempt(pending: Pending<T>): Promise<ReloadResult> {
    clearTimeout(pending.retry?.timer)
    pending.retry = undefined
    // In a microtask, after `#pending` is set: a hook may trigger another update, or close the configuration.
    const result = handled(Promise.resolve().then(() => this.#run(pending)))
    pending.result = result
    return (this.#newest = result)
  }

  async #run(pending: Pending<T>): Promise<ReloadResult> {
    const { proposal, prepare, abort } = pending
    const { signal } = abort
    let hasEnded = false
    const ended = (isRejected: boolean): void => {
      if (hasEnded || this.#pending !== pending) return
      hasEnded = true
      if (isRejected) this.#retryLater(pending.replaced ?? pending)
      else this.#end()
    }
    try {
      signal.throwIfAborted()
      this.#applyAt ??= Date.now() + Math.random() * this.#maxDelayMs
      const wait = this.#applyAt - Date.now()
      if (wait > 0 && !proposal.from.attempt.takesBack) await delay(wait, undefined, { signal, ref: false })
      return await prepare(proposal, signal, ended)
    } catch (error) {
      if (signal.aborted) return this.#newest
      throw error
    } finally {
      ended(false)
    }
  }

  #retryLater(pending: Pending<T>): void {
    this.#pending = pending
    const ms = backoffMs(++pending.failures)
    pending.retry = { timer: setTimeout(() => void this.#attempt(pending), ms).unref(), at: Date.now() + ms }
  }

  #end(): void {
    clearTimeout(this.#pending?.retry?.timer)
    this.#pending = undefined
    this.#applyAt = undefined
  }
}
