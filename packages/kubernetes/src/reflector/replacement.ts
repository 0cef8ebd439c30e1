import type { Timing } from '../timing.js'

/** Lists replace the watch only after this many failures: a single one may be an interrupted connection. */
const MIN_FAILURES = 2

/** Decides when lists replace a watch, and when the next of these lists is due. */
export class Replacement {
  readonly #timing: Pick<Timing, 'listMs' | 'watchOpenMs'>
  #isActive = false
  #lacksWatch = false
  #listedAt = -Infinity
  #nextListAt = 0
  /** The last time that a watch worked, or the start. */
  #workedAt = performance.now()
  /** The number of watches that have failed since then. */
  #failures = 0

  constructor(timing: Pick<Timing, 'listMs' | 'watchOpenMs'>) {
    this.#timing = timing
  }

  /** Whether lists replace the watch. */
  get isActive(): boolean {
    return this.#isActive
  }

  /** Whether no watch has worked since lists began to replace it. */
  get lacksWatch(): boolean {
    return this.#lacksWatch
  }

  /** How long until the next list is due, in milliseconds. Negative when it is overdue. */
  get nextListInMs(): number {
    return this.#nextListAt - performance.now()
  }

  /** Lists replace the watch. Schedules the next of them. */
  begin(): void {
    this.#isActive = true
    this.#lacksWatch = true
    this.#nextListAt = this.#listedAt + this.#timing.listMs * (1 + 2 * Math.random())
  }

  end(): void {
    this.#isActive = false
  }

  /** A watch is trusted again. */
  watchTrusted(): void {
    this.end()
    this.#lacksWatch = false
  }

  /** A list succeeded. */
  listed(): void {
    this.#listedAt = performance.now()
  }

  /** A watch worked until now. */
  watchWorked(): void {
    this.#workedAt = performance.now()
    this.#failures = 0
  }

  /**
   * A watch failed.
   *
   * @returns whether lists can replace it: one has succeeded meanwhile, and no watch has worked for longer than a
   *   moment
   */
  watchFailed(): boolean {
    this.#failures++
    const isLasting = performance.now() - this.#workedAt >= this.#timing.watchOpenMs
    return isLasting && this.#failures >= MIN_FAILURES && this.#listedAt > this.#workedAt
  }
}
