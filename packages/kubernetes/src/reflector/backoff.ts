import type { Timing } from '../timing.js'

/** Waits that double from failure to failure, each anything up to its bound ("full jitter"), so that a fleet spreads. */
export class Backoff {
  readonly #timing: Pick<Timing, 'backoffMs' | 'backoffMaxMs'>
  #failures = 0

  constructor(timing: Pick<Timing, 'backoffMs' | 'backoffMaxMs'>) {
    this.#timing = timing
  }

  /** How long to wait now, in milliseconds. */
  next(): number {
    const { backoffMs, backoffMaxMs } = this.#timing
    // beyond 2^20 the bound has long been reached
    return Math.random() * Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(this.#failures++, 20))
  }

  /** Makes the next wait short again. */
  reset(): void {
    this.#failures = 0
  }
}
