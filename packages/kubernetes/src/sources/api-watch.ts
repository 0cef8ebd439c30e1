import type { Watch, WatchContext } from '@hot-config/core'

/** What a watch asks its source. */
export interface WatchedSource {
  /** What brings updates now. */
  by(): string
  warnings(): readonly string[]
  /** Identifies what there is to read now, `undefined` before there is anything. */
  stamp(): string | undefined
}

/** One of those who watch a source. */
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

  changed(): void {
    if (!this.#isClosed) this.#context.changed()
  }

  /** Compares what is in memory with what was read: a reading may have failed although the API server did its part. */
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
