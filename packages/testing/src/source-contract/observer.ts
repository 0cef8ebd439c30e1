import assert from 'node:assert/strict'

import type { Reading, Source, Watch } from '@hot-config/core'

import { contentOf } from './content.js'

export interface ObserverOptions {
  /** Milliseconds; short, unless a test must show what is noticed without. */
  readonly recheckMs?: number
  /** Lets the source believe that this was the last reading's stamp, whatever happens. */
  readonly stamp?: string | undefined
}

const RECHECK_MS = 20

/** Watches a source the way core does: reads when `changed` was called, and once more when it was called meanwhile. */
export class Observer {
  readonly watch: Watch
  /** How often `changed` was called. */
  calls = 0
  /** What the last reading gave; nothing before the first one and when it failed. */
  content: string | undefined
  #stamp: string | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  readonly #read: (signal: AbortSignal) => Promise<Reading>
  readonly #abort = new AbortController()

  /** @param read reads the source, and rejects when that takes too long */
  constructor(source: Source, read: (signal: AbortSignal) => Promise<Reading>, options: ObserverOptions) {
    this.#read = read
    const watch = source.watch?.({
      recheckMs: options.recheckMs ?? RECHECK_MS,
      lastStamp: () => ('stamp' in options ? options.stamp : this.#stamp),
      changed: () => {
        this.calls++
        void this.read()
      },
    })
    assert(watch, 'the source has no watch(): give it one, or the capability `watches: false`')
    this.watch = watch
  }

  /** Resolves after a reading that began no earlier than the call. Readings never overlap. */
  read(): Promise<void> {
    return (this.#next ??= this.#running?.then(() => this.#start())) ?? this.#start()
  }

  close(): void {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    this.watch.close()
  }

  #start(): Promise<void> {
    this.#next = undefined
    this.#running = this.#check().then(() => {
      if (!this.#next) this.#running = undefined
    })
    return this.#running
  }

  async #check(): Promise<void> {
    if (this.#abort.signal.aborted) return
    const reading = await this.#read(this.#abort.signal).catch(() => undefined)
    this.content = reading && contentOf(reading)
    this.#stamp = reading?.stamp
  }
}
