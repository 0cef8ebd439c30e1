import { MAX_MS } from '../errors/option-kinds.js'

/**
 * Keeps the process alive until a promise settles. Otherwise a program that awaits nothing else would exit, because no
 * timer of this package keeps it alive.
 */
export function keepAlive(promise: Promise<unknown>): void {
  let timer: NodeJS.Timeout | undefined
  // Most promises settle before the event loop turns. A timer takes several times as long to create as an immediate.
  const immediate = setImmediate(() => (timer = setInterval(() => undefined, MAX_MS)))
  const stop = (): void => {
    clearImmediate(immediate)
    clearInterval(timer)
  }
  promise.then(stop, stop)
}
