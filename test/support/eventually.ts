import { vi } from 'vitest'

/** How long a test waits for anything: far more than it takes, also on a loaded machine. */
export const WITHIN_MS = 10_000

/**
 * Waits until a check passes.
 *
 * @returns what the check returned
 * @throws what the check threw last, when it does not pass in time
 */
export function eventually<R>(check: () => R | Promise<R>): Promise<R> {
  return vi.waitFor(check, { timeout: WITHIN_MS, interval: 5 })
}
