import { closeSync, openSync, readSync } from 'node:fs'

/** For how long the event loop gave nobody a turn, at most. Milliseconds. */
export interface Stall {
  readonly ms: number
  /** The longest without the time in which the process was ready to run and the system ran others. */
  readonly ownMs: number
}

/** Looks at the event loop of this process, by taking a turn whenever there is one, until it is asked what it saw. */
export function watchStalls(): () => Stall {
  const file = openSync('/proc/self/schedstat', 'r')
  const text = Buffer.alloc(128)
  /** How long the main thread has waited for a processor. See `schedstat` in the kernel's documentation. */
  const waitedMs = (): number => {
    const length = readSync(file, text, 0, text.length, 0)
    return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6
  }
  let [last, lastWaited] = [performance.now(), waitedMs()]
  let [ms, ownMs] = [0, 0]
  const see = (): void => {
    const [now, waited] = [performance.now(), waitedMs()]
    ms = Math.max(ms, now - last)
    ownMs = Math.max(ownMs, now - last - (waited - lastWaited))
    ;[last, lastWaited] = [now, waited]
  }
  const look = (): void => {
    see()
    next = setImmediate(look)
  }
  let next = setImmediate(look)
  return () => {
    clearImmediate(next)
    see()
    closeSync(file)
    return { ms, ownMs }
  }
}
