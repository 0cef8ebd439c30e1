import { createAbort } from './abort.js'

/** How long something may take. */
export interface TimeLimit {
  readonly ms: number
  /** The start of the error's message, which ends in `within 10000 ms`. Default: `not done`. */
  readonly what?: string
  /** Whether the timer keeps the process alive. Default `false`. */
  readonly keepsAlive?: boolean
}

/**
 * Waits for `run`, but not longer than the limit and only until `signal` aborts.
 *
 * @param run receives a signal that aborts in both cases, and never after `run` ended
 * @param late receives the result of `run` when nobody waits for it any more
 * @throws the reason of `signal`, or a `TimeoutError`
 */
export async function within<R>(
  { ms, what = 'not done', keepsAlive = false }: TimeLimit,
  signal: AbortSignal,
  run: (signal: AbortSignal) => R | Promise<R>,
  late?: (result: R) => void,
): Promise<R> {
  signal.throwIfAborted()
  const limit = createAbort()
  const stop = (): void => limit.abort(signal.reason)
  signal.addEventListener('abort', stop)
  const timer = setTimeout(() => limit.abort(new DOMException(`${what} within ${ms} ms`, 'TimeoutError')), ms)
  if (!keepsAlive) timer.unref()
  // Before `run` starts: its own code may abort the signal.
  const over = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error))
  })
  over.catch(() => undefined)
  let running: Promise<R> | undefined
  try {
    running = Promise.resolve(run(limit.signal))
    return await Promise.race([running, over])
  } catch (error) {
    if (limit.signal.aborted) running?.then(late, () => undefined)
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
