import { setTimeout as delay } from 'node:timers/promises'

import { codeOf } from '../errors/thrown.js'

/** The wait before each further attempt, in milliseconds. */
const PAUSES_MS = [20, 100, 500]

/** Faults of files and mounts that may disappear within a moment. */
const MAY_PASS: ReadonlySet<string> = new Set([
  'EACCES',
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENODEV',
  'ENOTCONN',
  'EPERM',
  'ESTALE',
  'ETIMEDOUT',
])

/** Whether an error is a fault of the world and not of the content, such as a file whose group is set a moment late. */
export function mayPass(error: unknown): boolean {
  return MAY_PASS.has(codeOf(error) ?? '')
}

/**
 * Retries for a moment, so that a short fault is not reported.
 *
 * @param passes whether this error may disappear within a moment
 * @throws the error of the last attempt, or the reason of `signal`
 */
export async function tryAgain<R>(
  run: () => Promise<R>,
  passes: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<R> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await run()
    } catch (error) {
      signal?.throwIfAborted()
      if (!passes(error)) throw error
    }
    await delay(pauseMs, undefined, { ref: false, ...(signal && { signal }) }).catch(() => signal?.throwIfAborted())
  }
  return run()
}
