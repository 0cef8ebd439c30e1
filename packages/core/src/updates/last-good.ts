import { setImmediate } from 'node:timers/promises'

import { createAbort } from '../async/abort.js'
import { backoffMs } from '../async/backoff.js'
import { inTime, within } from '../async/time-limit.js'
import { messageOf } from '../errors/errors.js'
import type { Layer } from '../layers/layer.js'
import { checksumIn, decodeLastGood, encodeLastGood, storedSource } from '../sources/last-good/last-good-content.js'
import type { LastGoodContent } from '../sources/last-good/last-good-content.js'
import type { LastGoodSettings } from '../sources/last-good/last-good-option.js'
import type { Snapshot } from '../snapshots/snapshot.js'
import type { State, Step } from './state.js'

/** How long the store may take, in milliseconds. */
const LIMIT_MS = 2_000

/** A signal that never aborts: what was accepted is saved, although the configuration closes meanwhile. */
const NEVER = createAbort().signal

interface Accepted {
  readonly snapshot: Snapshot<unknown>
  readonly layers: readonly Layer[]
}

interface Unsaved {
  readonly accepted: Accepted
  /** How often saving has failed since it worked. */
  readonly failures: number
  retry?: NodeJS.Timeout
}

/** Reports on the store: `undefined` when it works again. */
type Report = (fault: string | undefined) => void

/**
 * Keeps the last good configuration outside the process. A store that fails is reported once, and disturbs nobody. What could
 * not be saved is saved later: there may be no other update for months.
 */
export class LastGood {
  readonly #settings: LastGoodSettings
  readonly #acceptsEmptied: boolean
  readonly #report: Report
  #saving: Promise<void> | undefined
  #next: Accepted | undefined
  #unsaved: Unsaved | undefined
  #saved: unknown
  #isFaulty = false
  #phase: 'new' | 'loading' | 'loaded' | 'closed' = 'new'

  /** @param acceptsEmptied whether a source may lose all its values */
  constructor(settings: LastGoodSettings, acceptsEmptied: boolean, report: Report) {
    this.#settings = settings
    this.#acceptsEmptied = acceptsEmptied
    this.#report = report
  }

  /** Whether a start waits for the store. */
  get isLoading(): boolean {
    return this.#phase === 'loading'
  }

  /** Returns what was saved last, once: for the first load alone. After a fault, the next try loads again. Never throws. */
  async load(): Promise<LastGoodContent | undefined> {
    if (this.#phase !== 'new') return undefined
    this.#phase = 'loading'
    try {
      const stored = await this.#stored(true)
      if (this.isLoading) this.#phase = 'loaded'
      return stored
    } catch (error) {
      this.#failed(`the last good configuration can't be loaded: ${messageOf(error)}`)
      if (this.isLoading) this.#phase = 'new'
      return undefined
    }
  }

  /** Saves what was accepted. A canary is not: it would spread to pods that start. */
  observe<T>({ before, now }: Step<T>): void {
    if (now.origin !== before.origin || this.#unsaved) this.accept(now)
  }

  accept<T>({ snapshot, origin }: State<T>): void {
    if (!snapshot || !origin) return
    if (origin.canary !== undefined || origin.lastGood) return
    this.#save({ snapshot, layers: origin.layers })
  }

  /** Waits until what was accepted is saved, but not for long: what hangs may be followed by something newer. */
  async close(): Promise<void> {
    this.#phase = 'closed'
    clearTimeout(this.#unsaved?.retry)
    if (!this.#saving) return
    await inTime({ ms: LIMIT_MS, keepsAlive: true }, NEVER, this.#saving).catch(() => undefined)
  }

  #save(accepted: Accepted): void {
    clearTimeout(this.#unsaved?.retry)
    this.#next = accepted
    this.#saving ??= this.#saveAll().finally(() => (this.#saving = undefined))
  }

  /** Saves the newest, and again what came meanwhile. */
  async #saveAll(): Promise<void> {
    // the update comes first
    await setImmediate()
    for (let next = this.#next; next; next = this.#next) {
      this.#next = undefined
      const failures = (this.#unsaved?.failures ?? 0) + 1
      this.#unsaved = (await this.#isKept(next)) ? undefined : { accepted: next, failures }
    }
    const unsaved = this.#unsaved
    if (!unsaved || this.#phase === 'closed') return
    unsaved.retry = setTimeout(() => this.#save(unsaved.accepted), backoffMs(unsaved.failures)).unref()
  }

  /** Whether the store has it now. */
  async #isKept({ snapshot, layers }: Accepted): Promise<boolean> {
    const { store, secrets } = this.#settings
    try {
      const kept = layers.filter(({ isOfProcess }) => !isOfProcess)
      if (kept.length === 0 || (await this.#hasLost(kept))) return true
      const sources = kept.map(({ source, entries }) => storedSource(source, entries, secrets))
      const bytes = encodeLastGood({ savedAt: new Date().toISOString(), digest: snapshot.digest, sources })
      const checksum = checksumIn(bytes)
      if (checksum === this.#saved) return true
      await within({ ms: LIMIT_MS, what: 'not saved' }, NEVER, (signal) => store.save(bytes, signal))
      this.#saved = checksum
      if (this.#isFaulty) this.#report(undefined)
      this.#isFaulty = false
      return true
    } catch (error) {
      this.#failed(`the last good configuration can't be saved: ${messageOf(error)}`)
      return false
    }
  }

  /**
   * Whether a source is empty that was stored with entries. It lost them before this process started, where nothing can
   * tell that from a source that never had any.
   */
  async #hasLost(layers: readonly Layer[]): Promise<boolean> {
    const empty = layers.filter(({ emptiness }) => emptiness.length > 0)
    // once this process has saved, what it saved is what is stored
    if (empty.length === 0 || this.#acceptsEmptied || this.#saved !== undefined) return false
    // one that can't be loaded is replaced
    const stored = await this.#stored().catch(() => undefined)
    return empty.some(({ source }) =>
      stored?.sources.some(({ name, entries }) => name === source && entries.length > 0),
    )
  }

  async #stored(keepsAlive = false): Promise<LastGoodContent | undefined> {
    const limit = { ms: LIMIT_MS, what: 'not loaded', keepsAlive }
    const bytes = await within(limit, NEVER, (signal) => this.#settings.store.load(signal))
    return bytes && decodeLastGood(bytes)
  }

  #failed(fault: string): void {
    if (!this.#isFaulty) this.#report(fault)
    this.#isFaulty = true
  }
}
