import { setTimeout as delay } from 'node:timers/promises'

import type { ReloadResult } from './reload.js'
import { isSame } from '../trees/equal.js'

/** An update that is being prepared. */
interface UnderWay {
  readonly value: unknown
  readonly abort: AbortController
  readonly result: Promise<ReloadResult>
}

/**
 * Where an update is while it waits and is prepared. There is one at a time: a newer one takes its place, unless it is
 * the same.
 */
export class PendingUpdate {
  readonly #maxDelayMs: number
  #underWay: UnderWay | undefined
  /** When what waits is taken. A newer update does not wait anew, or steady updates would wait for ever. */
  #takeAt: number | undefined
  #newest: Promise<ReloadResult> = Promise.resolve('unchanged')

  /** @param maxDelayMs updates wait for a random time of up to so many milliseconds */
  constructor(maxDelayMs: number) {
    this.#maxDelayMs = maxDelayMs
  }

  /** Whether updates can be taken at once. */
  get isImmediate(): boolean {
    return this.#maxDelayMs === 0
  }

  /**
   * Sends an update on its way.
   *
   * @param take prepares and takes it, later than this returns; rejects with the reason of the signal when that aborts
   * @returns what it came to, or what the one came to that took its place
   */
  send(value: unknown, take: (signal: AbortSignal) => Promise<ReloadResult>): Promise<ReloadResult> {
    if (this.#underWay && isSame(this.#underWay.value, value)) return this.#underWay.result
    this.#underWay?.abort.abort()
    const abort = new AbortController()
    // only once it has its place: a hook may itself cause an update, or close the configuration
    const result = Promise.resolve().then(() => this.#run(take, abort))
    // that nobody waits for it is no mistake
    result.catch(() => undefined)
    this.#underWay = { value, abort, result }
    return (this.#newest = result)
  }

  /** Drops what is under way, which then comes to `result`. */
  clear(result: Promise<ReloadResult>): Promise<ReloadResult> {
    this.#newest = result
    this.#underWay?.abort.abort()
    this.#underWay = undefined
    this.#takeAt = undefined
    return result
  }

  async #run(take: (signal: AbortSignal) => Promise<ReloadResult>, abort: AbortController): Promise<ReloadResult> {
    const { signal } = abort
    try {
      signal.throwIfAborted()
      this.#takeAt ??= performance.now() + Math.random() * this.#maxDelayMs
      const wait = this.#takeAt - performance.now()
      if (wait > 0) await delay(wait, undefined, { signal, ref: false })
      return await take(signal)
    } catch (error) {
      if (signal.aborted) return this.#newest
      throw error
    } finally {
      if (this.#underWay?.abort === abort) {
        this.#underWay = undefined
        this.#takeAt = undefined
      }
    }
  }
}
