import { createAbort } from '../../async/abort.js'
import { within } from '../../async/time-limit.js'
import { ConfigError } from '../../errors/errors.js'
import type { Redactor } from '../../secrets/redactor.js'
import type { Snapshot } from '../../snapshots/snapshot.js'
import { isSame } from '../../trees/equal.js'
import { rejectedByProgram } from '../rejection.js'
import { refusalOf } from '../state.js'
import type { State, Step } from '../state.js'
import { EventLoopDelay } from './event-loop-delay.js'
import type { GuardSettings, GuardedRequests } from './guard-options.js'
import { RequestCounts } from './request-counts.js'

/** How long the program's own check may take, in milliseconds. */
const CHECK_TIMEOUT_MS = 10_000

/** A broken limit counts only if the measured value is also more than this many times the one before the update. */
const MIN_INCREASE = 2

/** What is served, and where it came from. */
export type Served<T> = Pick<State<T>, 'snapshot' | 'origin'>

export interface GuardHealth {
  /** `baking` while an update is watched, then what came of it. */
  readonly state: 'baking' | 'kept' | 'taken-back'
  /** When the update has baked, in ISO 8601; `null` while none is watched. */
  readonly until: string | null
}

export interface GuardParts<T> {
  readonly redactor: Redactor
  /** Serves what was served before, and rejects the update for this reason. */
  readonly takeBack: (good: Served<T>, reason: ConfigError) => void
  /** Is called when an update has baked. */
  readonly kept: () => void
}

/** The update that is watched. */
interface Baking {
  readonly value: unknown
  /** In milliseconds since the epoch. */
  readonly until: number
  readonly abort: AbortController
  timer?: NodeJS.Timeout
}

/** Watches each update after the swap for a while, and takes it back when a limit is broken. */
export class Guard<T> {
  readonly requests: RequestCounts
  readonly #settings: GuardSettings
  readonly #parts: GuardParts<T>
  readonly #delay: EventLoopDelay | undefined
  /** What was served last and has baked, while something newer has not. */
  #good: Served<T> | undefined
  #baking: Baking | undefined
  #ended: 'kept' | 'taken-back' | undefined

  constructor(settings: GuardSettings, parts: GuardParts<T>) {
    this.#settings = settings
    this.#parts = parts
    this.requests = new RequestCounts(settings.bakeMs)
    this.#delay = settings.maxEventLoopDelayMs === undefined ? undefined : new EventLoopDelay()
  }

  /** What serves again when this takes back what serves now. `undefined` when that has baked. */
  get proven(): Snapshot<T> | undefined {
    return this.#good?.snapshot
  }

  get health(): GuardHealth | null {
    if (this.#baking) return { state: 'baking', until: new Date(this.#baking.until).toISOString() }
    return this.#ended ? { state: this.#ended, until: null } : null
  }

  /** A newer update is judged against the last one that has baked. */
  observe({ before, now, outcome }: Step<T>): void {
    if (outcome.type !== 'changed' || !before.snapshot) return
    const { value } = outcome.snapshot
    const good = (this.#good ??= { snapshot: before.snapshot, origin: before.origin })
    const isBroken = this.#baking === undefined && this.#ended === 'taken-back'
    if (outcome.takesBack) this.#end('taken-back', value)
    else if (isSame(value, good.snapshot?.value)) this.#end(isBroken ? 'taken-back' : 'kept', value)
    // A canary that was taken back leaves the stable content served, also in place of an earlier canary that has baked.
    else if (isWithdrawn(good, now)) this.#end(isBroken && isTakenBack(now) ? 'taken-back' : 'kept', value)
    else this.#bake(value)
  }

  close(): void {
    this.#stop()
    this.#delay?.close()
  }

  #bake(value: unknown): void {
    this.#stop()
    this.requests.watch(value, this.#good?.snapshot?.value)
    this.#delay?.watch()
    this.#ended = undefined
    this.#baking = { value, until: Date.now() + this.#settings.bakeMs, abort: createAbort() }
    this.#schedule(this.#baking)
  }

  #schedule(baking: Baking): void {
    const ms = Math.max(0, Math.min(this.#settings.intervalMs, baking.until - Date.now()))
    baking.timer = setTimeout(() => void this.#judge(baking), ms).unref()
  }

  async #judge(baking: Baking): Promise<void> {
    // the check of the program may take long
    const broken = this.#brokenLimit() ?? (await this.#failedCheck(baking)) ?? this.#brokenLimit()
    // a newer update serves, or the configuration is closed
    if (this.#baking !== baking) return
    if (broken) this.#takeBack(broken)
    else if (Date.now() < baking.until) this.#schedule(baking)
    else this.#end('kept', baking.value)
  }

  #takeBack(broken: ConfigError): void {
    const good = this.#good
    this.#stop()
    this.#ended = 'taken-back'
    // what was served before stays the last good until it serves again: a resource may take long to build
    if (good) this.#parts.takeBack(good, broken)
  }

  #end(ended: 'kept' | 'taken-back', serving: unknown): void {
    this.#stop()
    this.requests.end(serving)
    this.#good = undefined
    this.#ended = ended
    if (ended === 'kept') this.#parts.kept()
  }

  #stop(): void {
    const baking = this.#baking
    this.#baking = undefined
    this.#delay?.end()
    clearTimeout(baking?.timer)
    baking?.abort.abort()
  }

  #brokenLimit(): ConfigError | undefined {
    const limit = this.#errorRate() ?? this.#eventLoopDelay()
    return limit === undefined ? undefined : takenBack(limit)
  }

  async #failedCheck({ value, abort }: Baking): Promise<ConfigError | undefined> {
    const { check } = this.#settings
    if (!check) return undefined
    const context = { current: value, previous: this.#good?.snapshot?.value, requests: this.requests.now }
    try {
      await within({ ms: CHECK_TIMEOUT_MS }, abort.signal, (signal) => check({ ...context, signal }))
      return undefined
    } catch (error) {
      if (abort.signal.aborted) return undefined
      const what = 'taken back by the guard: its check failed'
      return rejectedByProgram(this.#parts.redactor, { code: 'HOT_CONFIG_TAKEN_BACK', what, error })
    }
  }

  #errorRate(): string | undefined {
    const { maxErrorRate, minRequests } = this.#settings
    const { now, before } = this.requests
    if (now.total < minRequests || !isExceeded(rateOf(now), maxErrorRate, rateOf(before))) return undefined
    const counted = `5xx ${percent(rateOf(now))} of ${now.total} requests, at most ${percent(maxErrorRate)}`
    return `${counted}; before ${before.total === 0 ? 'none' : percent(rateOf(before))}`
  }

  #eventLoopDelay(): string | undefined {
    const { maxEventLoopDelayMs } = this.#settings
    const delay = this.#delay
    if (!delay || maxEventLoopDelayMs === undefined) return undefined
    const [now, before] = [delay.now, delay.before]
    if (!isExceeded(now, maxEventLoopDelayMs, before)) return undefined
    const measured = `event loop delay ${Math.round(now)} ms at the 99th percentile, at most ${maxEventLoopDelayMs} ms`
    return `${measured}; before ${Math.round(before)} ms`
  }
}

/**
 * Whether an update ends a canary which has baked. Then there is nothing to go back to: whoever takes a canary away must not
 * get it back.
 */
function isWithdrawn<T>({ origin: good }: Served<T>, { origin, canary }: State<T>): boolean {
  if (good?.canary === undefined || origin?.canary !== undefined) return false
  return canary?.chosen !== true || canary.digest !== good.canary
}

/** Whether the canary that the newest check read was taken back. */
function isTakenBack<T>(state: State<T>): boolean {
  return refusalOf(state)?.type === 'taken-back'
}

function isExceeded(now: number, most: number, before: number): boolean {
  return now > most && now > MIN_INCREASE * before
}

function rateOf({ total, failed }: GuardedRequests): number {
  return total === 0 ? 0 : failed / total
}

function percent(rate: number): string {
  return `${Number((rate * 100).toFixed(1))} %`
}

function takenBack(measured: string): ConfigError {
  return ConfigError.of([{ code: 'HOT_CONFIG_TAKEN_BACK', message: `taken back by the guard: ${measured}` }])
}
