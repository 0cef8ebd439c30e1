/**
 * Makes calls of `run` never overlap and never queue up: calls that come while one is at work share exactly one more,
 * which starts after it ended and so sees everything that led to them.
 */
export function coalesce<R>(run: () => Promise<R>): () => Promise<R> {
  let running: Promise<R> | undefined
  let next: Promise<R> | undefined

  const start = (): Promise<R> => {
    next = undefined
    running = run().finally(() => {
      if (!next) running = undefined
    })
    return running
  }

  return () => next ?? (running ? (next = running.then(start, start)) : start())
}
