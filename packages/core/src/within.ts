/**
 * Waits for `run`, but no longer than `ms` milliseconds and no longer than until `signal` aborts.
 *
 * @param run gets a signal that aborts in both cases; what it gives too late is passed to `late`
 * @throws the reason of `signal`, or a `TimeoutError`
 */
export async function within<R>(
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => R | Promise<R>,
  late?: (result: R) => void,
): Promise<R> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  limit.throwIfAborted()
  const running = Promise.resolve(run(limit))
  const done = new AbortController()
  const over = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason as Error), { signal: done.signal })
  })
  try {
    return await Promise.race([running, over])
  } catch (error) {
    if (limit.aborted) running.then(late, () => undefined)
    throw error
  } finally {
    done.abort()
  }
}
