import { setTimeout as delay } from 'node:timers/promises'

/** The wait before each further attempt, in milliseconds. */
const PAUSES_MS = [20, 100, 500]

/**
 * Retries for a moment, so that a short fault is not reported.
 *
 * @param mayPass whether this error may disappear within a moment
 * @throws the error of the last attempt, or the reason of `signal`
 */
export async function tryAgain<R>(
  run: () => Promise<R>,
  mayPass: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<R> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await run()
    } catch (error) {
      signal?.throwIfAborted()
      if (!mayPass(error)) throw error
    }
    await delay(pauseMs, undefined, { ref: false, ...(signal && { signal }) }).catch(() => signal?.throwIfAborted())
  }
  return run()
}
