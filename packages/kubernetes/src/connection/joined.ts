/**
 * Lets overlapping calls share one run of `run`. A run may occupy a thread of Node's pool or a process, so runs that
 * hang must not accumulate.
 *
 * @param abandonMs after this time a run is abandoned, and the next call starts a new one
 */
export function joined<R>(run: () => R | Promise<R>, abandonMs: number): () => Promise<R> {
  let current: { readonly result: Promise<R>; readonly startedAt: number } | undefined

  const start = (): Promise<R> => {
    // In a microtask, so that a synchronous exception becomes a rejected promise.
    const result = Promise.resolve().then(run)
    const started = { result, startedAt: performance.now() }
    current = started
    const end = (): void => {
      if (current === started) current = undefined
    }
    result.then(end, end)
    return result
  }

  return () => (current && performance.now() - current.startedAt < abandonMs ? current.result : start())
}
