import { createAbort } from './abort.js'

/** A time limit. */
export interface TimeLimit {
  readonly ms: number
  /** The start of the error's message, which ends in `within 10000 ms`. Default: `not done`. */
  readonly what?: string
  /** Whether the timer keeps the process alive. Default `false`. */
  readonly keepsAlive?: boolean
}

/**
 * Waits for `run`, up to the time limit and only until `signal` aborts.
 *
 * @param run receives a signal that aborts in both cases, but never after `run` has ended
 * @param late receives the result of `run` when it comes after the wait has ended
 * @param abort the controller whose signal `run` receives
 * @throws the reason of `signal`, or a `TimeoutError`
 */
export async function within<R>(
  limit: TimeLimit,
  signal: AbortSignal,
  run: (signal: AbortSignal) => R | Promise<R>,
  late?: (result: R) => void,
  abort: AbortController = createAbort(),
): Promise<R> {
  signal.throwIfAborted()
  const running = Promise.resolve(run(abort.signal))
  return inTime(limit, signal, running, (reason) => {
    abort.abort(reason)
    running.then(late, () => undefined)
  })
}

/**
 * Waits for a promise, up to the time limit and only until `signal` aborts.
 *
 * @param over called when the wait has ended before the promise settled
 * @throws the reason of `signal`, or a `TimeoutError`
 */
export async function inTime<R>(
  { ms, what = 'not done', keepsAlive = false }: TimeLimit,
  signal: AbortSignal,
  promise: Promise<R>,
  over: (reason: Error) => void = () => undefined,
): Promise<R> {
  let fail!: (reason: Error) => void
  const failure = new Promise<never>((_, reject) => {
    fail = (reason) => {
      over(reason)
      reject(reason)
    }
  })
  const stop = (): void => fail(signal.reason as Error)
  const timer = setTimeout(() => fail(new DOMException(`${what} within ${ms} ms`, 'TimeoutError')), ms)
  if (!keepsAlive) timer.unref()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await Promise.race([failure, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
