/** A watch that ended. */
export interface EndedWatch {
  readonly lastedMs: number
  /** Whether it received an event. */
  readonly hasEvents: boolean
}

/** Records whether a watch is open, since when there is none, and whether the watch has received an event. */
export class WatchState {
  #openedAt: number | undefined
  #isReopening = false
  #hasEvents = false
  #lostSince = new Date()
  #trustTimer: NodeJS.Timeout | undefined

  /** Whether a watch is open, or is being opened again after the last one ended as requested. */
  get isOpen(): boolean {
    return this.#openedAt !== undefined || this.#isReopening
  }

  /** Whether the newest watch has received an event. */
  get hasEvents(): boolean {
    return this.#hasEvents
  }

  /** Since when there is no watch. */
  get lostSince(): Date {
    return this.#lostSince
  }

  /** A new watch is requested. */
  requested(): void {
    this.#hasEvents = false
  }

  /** The answer has begun. */
  opened(): void {
    this.#openedAt = performance.now()
    this.#isReopening = false
  }

  /** The watch received an event. */
  heard(): void {
    this.#hasEvents = true
  }

  /** Calls `trust` when the watch still lasts after this time, unless it was trusted before. */
  trustAfter(ms: number, trust: () => void): void {
    this.#trustTimer = setTimeout(trust, ms).unref()
  }

  /** The watch works, so no timer has to find that out. */
  trusted(): void {
    clearTimeout(this.#trustTimer)
  }

  /** There is no watch from now on. @returns the watch that ended, or `undefined` when none was open */
  end(): EndedWatch | undefined {
    clearTimeout(this.#trustTimer)
    this.#isReopening = false
    if (this.#openedAt === undefined) return undefined
    const lastedMs = performance.now() - this.#openedAt
    this.#openedAt = undefined
    this.#lostSince = new Date()
    return { lastedMs, hasEvents: this.#hasEvents }
  }

  /** The watch ended as requested, and the next one is being opened. */
  reopens(): void {
    this.#isReopening = true
  }
}
