import { setTimeout as delay } from 'node:timers/promises'

import type { DeepReadonly } from '../trees/deep-readonly.js'
import { isSame } from '../trees/equal.js'
import type { Check } from './check.js'
import type { ReloadResult } from './reload.js'
import type { Origin, Revisions } from './state.js'

/** A valid update that may be swapped in. */
export interface Proposal<T> {
  readonly value: DeepReadonly<T>
  /** What it came from. Replaced when the same value comes again, by then with other revisions or pending restarts. */
  from: { readonly check: Check; readonly origin: Origin | undefined; readonly revisions: Revisions }
}

interface Pending<T> {
  readonly proposal: Proposal<T>
  readonly abort: AbortController
  readonly result: Promise<ReloadResult>
}

/** The update that waits for its delay or is prepared. There is at most one: a newer one replaces it, unless it is the same. */
export class PendingUpdate<T> {
  readonly #maxDelayMs: number
  #pending: Pending<T> | undefined
  /** When the wait ends. A newer update does not wait anew: steady updates would wait for ever. */
  #applyAt: number | undefined
  #newest: Promise<ReloadResult> = Promise.resolve('unchanged')

  /** @param maxDelayMs the longest random wait before an update is prepared, in milliseconds */
  constructor(maxDelayMs: number) {
    this.#maxDelayMs = maxDelayMs
  }

  /** Whether updates wait for no delay. */
  get isImmediate(): boolean {
    return this.#maxDelayMs === 0
  }

  /**
   * Starts an update, which replaces the one before.
   *
   * @param prepare prepares and swaps it; called after this returns; rejects with the reason of the signal when that aborts
   * @returns the result, or the result of the update that replaced it
   */
  send(
    proposal: Proposal<T>,
    prepare: (proposal: Proposal<T>, signal: AbortSignal) => Promise<ReloadResult>,
  ): Promise<ReloadResult> {
    const before = this.#pending
    if (before && isSame(before.proposal.value, proposal.value)) {
      before.proposal.from = proposal.from
      return before.result
    }
    before?.abort.abort()
    const abort = new AbortController()
    // In a microtask, after `#pending` is set: a hook may trigger another update, or close the configuration.
    const result = Promise.resolve().then(() => this.#run(proposal, prepare, abort))
    // Avoids an unhandled rejection when nobody awaits the result.
    result.catch(() => undefined)
    this.#pending = { proposal, abort, result }
    return (this.#newest = result)
  }

  /** Drops the update, whose result is then `result`. */
  clear(result: Promise<ReloadResult>): void {
    this.#newest = result
    this.#pending?.abort.abort()
    this.#end()
  }

  async #run(
    proposal: Proposal<T>,
    prepare: (proposal: Proposal<T>, signal: AbortSignal) => Promise<ReloadResult>,
    { signal }: AbortController,
  ): Promise<ReloadResult> {
    try {
      signal.throwIfAborted()
      this.#applyAt ??= performance.now() + Math.random() * this.#maxDelayMs
      const wait = this.#applyAt - performance.now()
      if (wait > 0) await delay(wait, undefined, { signal, ref: false })
      return await prepare(proposal, signal)
    } catch (error) {
      if (signal.aborted) return this.#newest
      throw error
    } finally {
      if (this.#pending?.proposal === proposal) this.#end()
    }
  }

  #end(): void {
    this.#pending = undefined
    this.#applyAt = undefined
  }
}
