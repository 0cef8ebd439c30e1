import { within } from '../async/time-limit.js'
import { messageOf } from '../errors/errors.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { MAX_MS, milliseconds } from '../errors/option-kinds.js'
import { checkReading } from './checked-source.js'
import { source } from './source.js'
import type { Reading, Source, Watch, WatchContext } from './source.js'
import { READ_TIMEOUT_MS } from './source-reader.js'
import { joinStamps, stampIn } from './stamps.js'
import { watchAll } from './watch-all.js'

export interface FallbackOptions {
  /** How long the first source may take before the second serves in its place, in milliseconds. Default 2,000. */
  readonly patienceMs?: number | undefined
}

const PATIENCE_MS = 2_000

const OPTIONS = { patienceMs: milliseconds(PATIENCE_MS) } satisfies TableOf<FallbackOptions>

/**
 * One source that stands in for another, such as the mounted files of a ConfigMap for the same ConfigMap of the
 * Kubernetes API: the second serves when the first can't be read, and the first takes over as soon as it can.
 *
 * When updates no longer reach the first, it serves on with what it has until the second brings something new; then
 * that serves, until updates reach the first again. Health names the source that serves.
 *
 * @example
 * withFallback(configMap({ name: 'app' }), volume('/etc/config'))
 *
 * @throws {OptionError} for what is no source, or options that make no sense
 */
export function withFallback(first: Source, second: Source, options: FallbackOptions = {}): Source {
  const { patienceMs } = readOptions(options, OPTIONS)
  return new FallbackSource(source.required(first, 'first'), source.required(second, 'second'), patienceMs)
}

/** Why it is not the first that serves. */
interface Reason {
  readonly text: string
  readonly since: Date
}

class FallbackSource implements Source {
  /** As long as its sources may take one after the other, so that their own limits and errors come first. */
  readonly readTimeoutMs: number
  readonly #first: Source
  readonly #second: Source
  readonly #patienceMs: number
  #serving: Source
  #reason: Reason | undefined
  /** What the second held when updates stopped reaching the first. */
  #secondThen: string | undefined

  constructor(first: Source, second: Source, patienceMs: number) {
    this.#first = first
    this.#second = second
    this.#patienceMs = patienceMs
    this.readTimeoutMs = Math.min(patienceMs + (second.readTimeoutMs ?? READ_TIMEOUT_MS), MAX_MS)
    this.#serving = first
  }

  /** That of the source that serves. */
  get name(): string {
    return this.#serving.name
  }

  async read(signal: AbortSignal): Promise<Reading> {
    let reading: Reading
    try {
      reading = checkReading(await this.#readFirst(signal))
    } catch (error) {
      signal.throwIfAborted()
      return this.#instead(messageOf(error), signal)
    }
    if (reading.updatable !== false) {
      this.#secondThen = undefined
      return this.#serve(this.#first, { ...reading, stamp: joinStamps(reading.stamp) })
    }
    const other = await this.#readSecond(signal).catch(() => undefined)
    signal.throwIfAborted()
    this.#secondThen ??= other?.revision
    const stamp = joinStamps(reading.stamp, other?.stamp)
    if (other && (other.revision !== this.#secondThen || this.#serving === this.#second)) {
      return this.#serve(this.#second, { ...other, stamp }, 'updates do not reach it')
    }
    return this.#serve(this.#first, { ...reading, stamp })
  }

  watch(context: WatchContext): Watch {
    const [first, second] = watchAll([this.#first, this.#second], (source, index) => ({
      recheckMs: context.recheckMs,
      lastStamp: () => stampIn(context.lastStamp(), index),
      changed: () => {
        if (source === this.#first || this.#concernsSecond) context.changed()
      },
    }))
    const serving = (): Watch | undefined => (this.#serving === this.#first ? first : second)
    const warnings = (): readonly string[] => [
      ...(this.#reason ? [...this.#explain(this.#reason), ...(first?.warnings ?? [])] : []),
      ...(serving()?.warnings ?? []),
    ]
    return {
      get by() {
        return serving()?.by ?? 'none'
      },
      get isDegraded() {
        return serving()?.isDegraded === true
      },
      get warnings() {
        return warnings()
      },
      close() {
        first?.close()
        second?.close()
      },
    }
  }

  /** Whether changes of the second source matter. They don't while the first is served and updates reach it. */
  get #concernsSecond(): boolean {
    return this.#serving === this.#second || this.#secondThen !== undefined
  }

  async #instead(why: string, signal: AbortSignal): Promise<Reading> {
    try {
      const reading = await this.#readSecond(signal)
      const stamp = joinStamps(undefined, reading.stamp)
      return this.#serve(this.#second, { ...reading, stamp }, `it can't be read: ${why}`)
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(`${why}; nor can ${this.#second.name}: ${messageOf(error)}`, { cause: error })
    }
  }

  #readFirst(signal: AbortSignal): Promise<Reading> {
    // somebody waits for the second source: the wait for the first must not let the process end
    const limit = { ms: this.#patienceMs, what: 'not read', keepsAlive: true }
    return within(limit, signal, (limited) => this.#first.read(limited))
  }

  async #readSecond(signal: AbortSignal): Promise<Reading> {
    return checkReading(await this.#second.read(signal))
  }

  #serve(source: Source, reading: Reading, why?: string): Reading {
    this.#serving = source
    this.#reason = why === undefined ? undefined : { text: why, since: this.#reason?.since ?? new Date() }
    return reading
  }

  #explain({ text, since }: Reason): string[] {
    return [`serves in place of ${this.#first.name} since ${since.toISOString()}: ${text}`]
  }
}
