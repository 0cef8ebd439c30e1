/** The first and the longest wait between attempts, in milliseconds. */
const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * Returns the wait before the next attempt, in milliseconds. It doubles after each attempt and has jitter, so that the
 * processes of a fleet do not retry at the same time.
 *
 * @param attempts the number of failed attempts, at least 1
 */
export function backoffMs(attempts: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempts - 1))
  return longest * (0.5 + Math.random() / 2)
}
