import { isDeepStrictEqual } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'

import type { ReloadResult } from './hot-config.js'

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
export class Stage {
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
   * @param take prepares and takes it; rejects with the reason of the signal when that aborts
   * @returns what it came to, or what the one came to that took its place
   */
  send(value: unknown, take: (signal: AbortSignal) => Promise<ReloadResult>): Promise<ReloadResult> {
    if (this.#underWay && isDeepStrictEqual(this.#underWay.value, value)) return this.#underWay.result
    this.#underWay?.abort.abort()
    const abort = new AbortController()
    const underWay: UnderWay = {
      value,
      abort,
      result: this.#run(take, abort.signal, () => this.#underWay === underWay),
    }
    this.#underWay = underWay
    return (this.#newest = underWay.result)
  }

  /** Drops what is under way, which then comes to `result`. */
  clear(result: Promise<ReloadResult>): void {
    this.#newest = result
    this.#underWay?.abort.abort()
    this.#underWay = undefined
    this.#takeAt = undefined
  }

  async #run(
    take: (signal: AbortSignal) => Promise<ReloadResult>,
    signal: AbortSignal,
    isNewest: () => boolean,
  ): Promise<ReloadResult> {
    this.#takeAt ??= performance.now() + Math.random() * this.#maxDelayMs
    const wait = this.#takeAt - performance.now()
    try {
      if (wait > 0) await delay(wait, undefined, { signal, ref: false })
      return await take(signal)
    } catch (error) {
      if (signal.aborted) return this.#newest
      throw error
    } finally {
      if (isNewest()) {
        this.#underWay = undefined
        this.#takeAt = undefined
      }
    }
  }
}
