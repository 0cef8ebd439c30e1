import assert from 'node:assert/strict'

import type { Reading, Source, Watch } from '@hot-config/core'

import { contentOf } from './content.js'

export interface ObserverOptions {
  /** In milliseconds. Short by default. A test of notifications uses a long one, so that no recheck can help. */
  readonly recheckMs?: number
  /** A fixed stamp that the source gets as that of the last reading. */
  readonly stamp?: string | undefined
}

const RECHECK_MS = 20

/** Watches a source as core does: it reads after each call of `changed`, and once more after calls during a reading. */
export class Observer {
  readonly watch: Watch
  /** The number of calls of `changed`. */
  calls = 0
  /** The content of the last reading. `undefined` before the first reading and when the last one failed. */
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

  /** Resolves after a reading that started after this call. Readings never overlap. */
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
