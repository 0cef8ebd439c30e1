/**
 * Makes calls that overlap share one run of `run`. Each run may hold a thread or a process, so runs that hang must not add
 * up.
 *
 * @param abandonMs after so long a run is given up, and the next call starts another one
 */
export function joined<R>(run: () => R | Promise<R>, abandonMs: number): () => Promise<R> {
  let current: { readonly result: Promise<R>; readonly startedAt: number } | undefined

  const start = (): Promise<R> => {
    // in a microtask, so that a synchronous exception becomes a rejection
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
