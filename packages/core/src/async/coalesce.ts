/**
 * Makes calls of `run` never overlap and never queue up. Calls during a run share exactly one more run, which starts
 * after the first one ended, and so sees everything that caused these calls.
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
