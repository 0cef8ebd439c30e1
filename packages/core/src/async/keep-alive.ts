import { MAX_MS } from '../errors/option-kinds.js'

/**
 * Keeps the process alive until a promise settles. Otherwise a program that awaits nothing else would exit, because no
 * timer of this package keeps it alive.
 */
export function keepAlive(promise: Promise<unknown>): void {
  const timer = setInterval(() => undefined, MAX_MS)
  const stop = (): void => clearInterval(timer)
  promise.then(stop, stop)
}
