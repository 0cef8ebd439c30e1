import { setMaxListeners } from 'node:events'

/**
 * Creates an abort controller whose signal may have any number of listeners, such as one for each source. With other
 * controllers, Node warns about a leak from the eleventh listener on.
 */
export function createAbort(): AbortController {
  const abort = new AbortController()
  setMaxListeners(0, abort.signal)
  return abort
}

/** What to call when a signal aborts, as the one listener of that signal. */
class Calls extends Set<() => void> {
  handleEvent(): void {
    for (const call of this) call()
  }
}

const callsOf = new WeakMap<AbortSignal, Calls>()

/**
 * Calls a function when a signal of the application aborts. All functions share one listener: an application may give one
 * signal to many configurations, and Node would warn about a leak from the eleventh listener on.
 *
 * @param until the function is forgotten when this aborts: `signal` may live longer, and would keep it in memory
 */
export function onAbort(signal: AbortSignal, call: () => void, until: AbortSignal): void {
  const calls = callsOf.get(signal) ?? new Calls()
  callsOf.set(signal, calls.add(call))
  // does nothing when it already listens
  signal.addEventListener('abort', calls)
  until.addEventListener('abort', () => {
    calls.delete(call)
    if (calls.size === 0) signal.removeEventListener('abort', calls)
  })
}
