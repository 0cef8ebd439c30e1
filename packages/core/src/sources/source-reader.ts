import { getEventListeners } from 'node:events'

import { createAbort } from '../async/abort.js'
import { within } from '../async/time-limit.js'
import { milliseconds } from '../errors/option-kinds.js'
import type { Reading, Source } from './source.js'

/** What reading one source came to. */
export type ReadResult =
  | { readonly name: string; readonly reading: Reading }
  | { readonly name: string; readonly error: unknown }

/** How long a check waits for a source that was read before, in milliseconds. After that it uses the reading before. */
const PATIENCE_MS = 1_000

/** How long a source may take that names no time of its own, in milliseconds. */
export const READ_TIMEOUT_MS = 10_000

/**
 * Reads one source, so that a slow one does not hold up the others: a check that has waited for a second goes on with the
 * reading before, and the slow reading leads to a check of its own when it ends. A reading that takes too long fails.
 */
export class SourceReader {
  readonly #source: Source
  readonly #timeoutMs: number
  readonly #changed: () => void
  #abort = createAbort()
  #last: Reading | undefined
  #running: Running | undefined
  /** What a slow reading came to, for the check that it leads to. */
  #late: ReadResult | undefined

  /**
   * @param changed is called when a slow reading ended
   * @throws {OptionError} when the source names a time that no timer can wait for
   */
  constructor(source: Source, changed: () => void) {
    this.#source = source
    this.#timeoutMs = milliseconds(READ_TIMEOUT_MS)(source.readTimeoutMs, `${source.name}: readTimeoutMs`)
    this.#changed = changed
  }

  get name(): string {
    return this.#source.name
  }

  /** The last reading, `undefined` when that failed. While the source is being read, it is the reading before. */
  get last(): Reading | undefined {
    return this.#last
  }

  /** Since when the source is being read, in milliseconds since the epoch. */
  get runningSince(): number | undefined {
    return this.#running?.since
  }

  /** @throws the reason of `signal` */
  async read(signal: AbortSignal): Promise<ReadResult> {
    const late = this.#late
    this.#late = undefined
    if (late) return late
    // what is being read already may be older than what led to this check
    if (this.#running) this.#running.isSuperseded = true
    const running = (this.#running ??= this.#start(signal))
    return this.#last ? withPatience(running, { name: this.name, reading: this.#last }) : running.result
  }

  #start(signal: AbortSignal): Running {
    const running: Running = {
      result: this.#readNow(signal),
      since: Date.now(),
      isLate: false,
      isSuperseded: false,
    }
    const end = (result?: ReadResult): void => {
      this.#running = undefined
      if (!running.isLate || !result) return
      if (!running.isSuperseded) this.#late = result
      this.#changed()
    }
    running.result.then(end, () => end())
    return running
  }

  /** The same for reading after reading, since making one takes longer than reading a small volume. */
  #abortForReading(): AbortController {
    const { signal } = this.#abort
    const isUsed = signal.aborted || getEventListeners(signal, 'abort').length > 0
    return isUsed ? (this.#abort = createAbort()) : this.#abort
  }

  async #readNow(signal: AbortSignal): Promise<ReadResult> {
    const source = this.#source
    // only the program's start waits for a source and for nothing else
    const keepsAlive = this.#last === undefined
    const limit = { ms: this.#timeoutMs, what: 'not read', keepsAlive }
    try {
      const read = (aborted: AbortSignal): Promise<Reading> => source.read(aborted)
      this.#last = await within(limit, signal, read, undefined, this.#abortForReading())
      // asked for now: a fallback has the name of the source that serves
      return { name: source.name, reading: this.#last }
    } catch (error) {
      signal.throwIfAborted()
      this.#last = undefined
      return { name: source.name, error }
    }
  }
}

interface Running {
  readonly result: Promise<ReadResult>
  readonly since: number
  /** Whether a check went on without it. */
  isLate: boolean
  /** Whether a check came after it began: the source has to be read again. */
  isSuperseded: boolean
}

/** Waits for a reading, but not for long: then the reading before has to do. */
async function withPatience(running: Running, before: ReadResult): Promise<ReadResult> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<ReadResult>((resolve) => {
    timer = setTimeout(() => {
      running.isLate = true
      resolve(before)
    }, PATIENCE_MS).unref()
  })
  try {
    return await Promise.race([running.result, late])
  } finally {
    clearTimeout(timer)
  }
}
