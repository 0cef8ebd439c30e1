import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the delay is measured while an update is watched, and before that, in milliseconds. */
const RESOLUTION_MS = 10
const SAMPLE_MS = 500

/** A percentile of fewer samples would be their largest. */
const MAX_SAMPLES = 240

/**
 * Measures how late the event loop is: by `perf_hooks` while an update is watched, else by a timer twice a second. So an
 * update is not blamed for a process that was as slow before.
 */
export class EventLoopDelay {
  readonly #samples: number[] = []
  readonly #sampler: NodeJS.Timeout
  #histogram: ReturnType<typeof monitorEventLoopDelay> | undefined

  constructor() {
    let last = performance.now()
    this.#sampler = setInterval(() => {
      const now = performance.now()
      if (!this.#histogram) this.#samples.push(Math.max(0, now - last - SAMPLE_MS))
      if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
      last = now
    }, SAMPLE_MS).unref()
  }

  /** Begins to measure for an update. */
  watch(): void {
    this.end()
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#histogram.enable()
  }

  end(): void {
    this.#histogram?.disable()
    this.#histogram = undefined
  }

  close(): void {
    this.end()
    clearInterval(this.#sampler)
  }

  /** The 99th percentile since the update, in milliseconds. */
  get now(): number {
    // the histogram has the time between two timers
    return Math.max(0, (this.#histogram?.percentile(99) ?? 0) / 1e6 - RESOLUTION_MS)
  }

  /** The same before it. */
  get before(): number {
    const sorted = this.#samples.toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0
  }
}
