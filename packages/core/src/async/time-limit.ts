import { OptionError } from '../errors/errors.js'

/** @throws {OptionError} for a time that no timer can wait for: Node takes those for one millisecond */
export function checkMs(name: string, ms: number): number {
  if (Number.isFinite(ms) && ms >= 0 && ms < 2 ** 31) return ms
  throw new OptionError(`${name}: expected a number of milliseconds`)
}

/**
 * Waits for `run`, but no longer than `ms` milliseconds and no longer than until `signal` aborts.
 *
 * @param run gets a signal that aborts in both cases, and never once it is done
 * @param late gets what `run` gives when nobody waits any more
 * @throws the reason of `signal`, or a `TimeoutError`
 */
export async function within<R>(
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => R | Promise<R>,
  late?: (result: R) => void,
): Promise<R> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const stop = (): void => limit.abort(signal.reason)
  signal.addEventListener('abort', stop)
  const timer = setTimeout(() => limit.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError')), ms).unref()
  // before it runs: what it calls may be what ends it
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
