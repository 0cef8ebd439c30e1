import type { Watch, WatchContext } from '@hot-config/core'

/** The part of a source that a watch reads. */
export interface WatchedSource {
  /** The mechanism that notices updates now. */
  by(): string
  warnings(): readonly string[]
  /** Whether lists replace a watch that can't be had. */
  lacksWatch(): boolean
  /** Identifies what there is to read now, `undefined` before there is anything. */
  stamp(): string | undefined
}

/** One watch of a source, which may have several. */
export class ApiWatch implements Watch {
  readonly #context: WatchContext
  readonly #source: WatchedSource
  readonly #closed: () => void
  readonly #timer: NodeJS.Timeout
  #isClosed = false

  constructor(context: WatchContext, source: WatchedSource, closed: () => void) {
    this.#context = context
    this.#source = source
    this.#closed = closed
    this.#timer = setInterval(() => this.recheck(), context.recheckMs).unref()
  }

  get by(): string {
    return this.#source.by()
  }

  get warnings(): readonly string[] {
    return this.#source.warnings()
  }

  get isDegraded(): boolean {
    return this.#source.lacksWatch()
  }

  changed(): void {
    if (!this.#isClosed) this.#context.changed()
  }

  /**
   * Compares the objects in memory with the last reading. A reading may have failed for another reason than the server.
   */
  recheck(): void {
    const stamp = this.#source.stamp()
    if (stamp !== undefined && stamp !== this.#context.lastStamp()) this.changed()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#closed()
  }
}
