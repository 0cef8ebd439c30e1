import type { Timing } from '../timing.js'

type BackoffTiming = Pick<Timing, 'backoffMs' | 'backoffMaxMs' | 'retryAfterMaxMs'>

/**
 * How long to wait after failures. The upper bound doubles from failure to failure, and each wait is random up to it
 * ("full jitter"), so that a fleet does not return all at once.
 */
export class Backoff {
  readonly #timing: BackoffTiming
  #failures = 0

  constructor(timing: BackoffTiming) {
    this.#timing = timing
  }

  /** How long to wait now, in milliseconds. @param askedMs how long the server asks to wait */
  next(askedMs?: number): number {
    const { backoffMs, backoffMaxMs } = this.#timing
    // beyond 2^20 the bound has long been reached
    const waitMs = Math.random() * Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(this.#failures++, 20))
    return Math.max(waitMs, this.asked(askedMs))
  }

  /** The wait that the server asks for, and a little longer, so that a fleet does not return all at once. */
  asked(askedMs = 0): number {
    return Math.min(askedMs, this.#timing.retryAfterMaxMs) * (1 + Math.random() / 4)
  }

  /** Makes the next wait short again. */
  reset(): void {
    this.#failures = 0
  }
}
