import { getEventListeners } from 'node:events'

import { createAbort } from '../async/abort.js'
import { within } from '../async/time-limit.js'
import { milliseconds } from '../errors/option-kinds.js'
import { checkReading } from './checked-source.js'
import type { Reading, Source } from './source.js'

/** The result of reading one source. */
export type ReadResult =
  | { readonly name: string; readonly reading: Reading }
  | { readonly name: string; readonly error: unknown }

/** How long a check waits for a source that was read before, in milliseconds. Then it uses the previous reading. */
const PATIENCE_MS = 1_000

/** How many readings share an abort controller. */
const READINGS_PER_ABORT = 1_000

/** The default time limit for a reading, in milliseconds. */
export const READ_TIMEOUT_MS = 10_000

/**
 * Reads one source, and prevents a slow source from delaying the others. After a second, a check continues with the
 * previous reading. When the slow reading ends, it starts a new check. A reading that exceeds its time limit fails.
 */
export class SourceReader {
  readonly #source: Source
  readonly #timeoutMs: number
  readonly #changed: () => void
  #abort = createAbort()
  #readings = 0
  #last: Reading | undefined
  #error: unknown
  #running: Running | undefined
  /** The result of a slow reading, for the check that it starts. */
  #late: ReadResult | undefined

  /**
   * @param changed called when a slow reading has ended
   * @throws {OptionError} when `readTimeoutMs` of the source is not a valid number of milliseconds
   */
  constructor(source: Source, changed: () => void) {
    this.#source = source
    this.#timeoutMs = milliseconds(READ_TIMEOUT_MS)(source.readTimeoutMs, `${source.name}: readTimeoutMs`)
    this.#changed = changed
  }

  get name(): string {
    return this.#source.name
  }

  /** The last reading, or `undefined` when that failed. While the source is being read, it is the previous reading. */
  get last(): Reading | undefined {
    return this.#last
  }

  /** The error of the last reading, or `undefined` when that succeeded. */
  get error(): unknown {
    return this.#error
  }

  /** The time at which the current reading started, in milliseconds since the epoch. */
  get runningSince(): number | undefined {
    return this.#running?.since
  }

  /** @throws the reason of `signal` */
  async read(signal: AbortSignal): Promise<ReadResult> {
    const late = this.#late
    this.#late = undefined
    if (late) return late
    // The reading in progress may have started before the change that this check is for.
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

  /**
   * Reuses an abort controller, because creating one takes longer than reading a small volume. Not for ever: a signal keeps
   * a trace of each signal that `AbortSignal.any()` makes of it.
   */
  #abortForReading(): AbortController {
    const { signal } = this.#abort
    const isOld = ++this.#readings % READINGS_PER_ABORT === 0
    const isUsed = signal.aborted || getEventListeners(signal, 'abort').length > 0
    return isUsed || isOld ? (this.#abort = createAbort()) : this.#abort
  }

  async #readNow(signal: AbortSignal): Promise<ReadResult> {
    const source = this.#source
    // The first reading must keep the process alive: at its start, the application only waits for this.
    const keepsAlive = this.#last === undefined
    const limit = { ms: this.#timeoutMs, what: 'not read', keepsAlive }
    try {
      const read = (aborted: AbortSignal): Promise<Reading> => source.read(aborted)
      this.#last = checkReading(await within(limit, signal, read, undefined, this.#abortForReading()))
      this.#error = undefined
      // The name is read after the reading, because a fallback has the name of the source that serves.
      return { name: source.name, reading: this.#last }
    } catch (error) {
      signal.throwIfAborted()
      this.#last = undefined
      this.#error = error
      return { name: source.name, error }
    }
  }
}

interface Running {
  readonly result: Promise<ReadResult>
  readonly since: number
  /** Whether a check continued without this reading. */
  isLate: boolean
  /** Whether another check started during this reading. Then the source has to be read again. */
  isSuperseded: boolean
}

/** Waits for a reading for a limited time, and then returns the previous one. */
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
