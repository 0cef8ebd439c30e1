import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/** The time that the main thread ran and waited for a processor, in nanoseconds. Linux has it. */
const SCHEDSTAT = '/proc/self/schedstat'

/** For how long everything else in a process was kept from running, at most. Milliseconds. */
export interface Block {
  readonly ms: number
  /** The longest without the time in which the process was ready to run and the system ran others, where it tells. */
  readonly ownMs: number
}

/** Runs something and tells for how long, at most, it kept everything else in the process from running. */
export async function longestBlock<R>(run: () => Promise<R>): Promise<{ readonly result: R } & Block> {
  using clock = new RunClock()
  let [ms, ownMs] = [0, 0]
  let [last, lastWaited] = [performance.now(), clock.waitedMs()]
  let running = true
  const look = (): void => {
    const [now, waited] = [performance.now(), clock.waitedMs()]
    ms = Math.max(ms, now - last)
    ownMs = Math.max(ownMs, now - last - (waited - lastWaited))
    ;[last, lastWaited] = [now, waited]
  }
  const lookOn = (): void => {
    if (!running) return
    look()
    setImmediate(lookOn)
  }
  setImmediate(lookOn)
  try {
    const result = await run()
    look()
    return { result, ms, ownMs }
  } finally {
    running = false
  }
}

/** Knows how long the main thread has waited for a processor. */
class RunClock implements Disposable {
  readonly #text = Buffer.alloc(128)
  readonly #file = existsSync(SCHEDSTAT) ? openSync(SCHEDSTAT, 'r') : undefined

  waitedMs(): number {
    if (this.#file === undefined) return 0
    const length = readSync(this.#file, this.#text, 0, this.#text.length, 0)
    return Number(this.#text.toString('latin1', 0, length).split(' ')[1]) / 1e6
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}
