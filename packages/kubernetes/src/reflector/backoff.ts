import type { Timing } from '../timing.js'

/**
 * How long to wait after failures. The upper bound doubles from failure to failure, and each wait is random up to it
 * ("full jitter"), so that a fleet does not return at one instant.
 */
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
