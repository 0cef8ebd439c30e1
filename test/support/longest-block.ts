import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/** The time that the main thread ran and waited for a processor, in nanoseconds. Linux has it. */
const SCHEDSTAT = '/proc/self/schedstat'

/** For how long everything else in a process was kept from running, at most. Milliseconds. */
export interface Block {
  readonly ms: number
  /** The longest without the time in which the process was ready to run and the system ran others, where it tells. */
  readonly ownMs: number
  /** The longest that the main thread itself computed, where the system tells: without waits for a disk or a collector. */
  readonly cpuMs: number
}

/** Runs something and tells for how long, at most, it kept everything else in the process from running. */
export async function longestBlock<R>(run: () => Promise<R>): Promise<{ readonly result: R } & Block> {
  using clock = new RunClock()
  let [ms, ownMs, cpuMs] = [0, 0, 0]
  let [last, lastTimes] = [performance.now(), clock.times()]
  let running = true
  const look = (): void => {
    const [now, times] = [performance.now(), clock.times()]
    ms = Math.max(ms, now - last)
    ownMs = Math.max(ownMs, now - last - (times.waitedMs - lastTimes.waitedMs))
    cpuMs = Math.max(cpuMs, clock.knowsTimes ? times.ranMs - lastTimes.ranMs : now - last)
    ;[last, lastTimes] = [now, times]
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
    return { result, ms, ownMs, cpuMs }
  } finally {
    running = false
  }
}

/** Knows how long the main thread ran, and how long it has waited for a processor. */
class RunClock implements Disposable {
  readonly #text = Buffer.alloc(128)
  readonly #file = existsSync(SCHEDSTAT) ? openSync(SCHEDSTAT, 'r') : undefined

  get knowsTimes(): boolean {
    return this.#file !== undefined
  }

  times(): { readonly ranMs: number; readonly waitedMs: number } {
    if (this.#file === undefined) return { ranMs: 0, waitedMs: 0 }
    const length = readSync(this.#file, this.#text, 0, this.#text.length, 0)
    const [ran, waited] = this.#text.toString('latin1', 0, length).split(' ')
    return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}
