import { handled } from '../async/handled.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Snapshot } from '../snapshots/snapshot.js'
import type { LastGoodSettings } from '../sources/last-good/last-good-option.js'
import { Guard } from './guard/guard.js'
import type { GuardHealth } from './guard/guard.js'
import type { GuardSettings } from './guard/guard-options.js'
import { requestCounts } from './guard/request-counts.js'
import { LastGood } from './last-good.js'
import type { ReloadResult } from './reload.js'
import type { Updater } from './updater.js'

interface SafeChangeOptions {
  readonly lastGood?: LastGoodSettings | undefined
  readonly guard?: GuardSettings | undefined
  readonly emptied?: 'reject' | 'accept' | undefined
}

interface SafeChangeParts {
  readonly log: { lastGood(fault: string | undefined): void }
  readonly redactor: Redactor
}

/** A configuration, as adapters know it. */
interface Followed<T> {
  readonly updater: Updater<T>
  reload(): unknown
}

/** Composes what makes changes safe: the guard, and the last good configuration, which keeps only what has baked. */
export class SafeChange<T> {
  readonly lastGood: LastGood | undefined
  readonly #settings: GuardSettings | undefined
  readonly #redactor: Redactor
  #guard: Guard<T> | undefined

  constructor({ lastGood, guard, emptied }: SafeChangeOptions, { log, redactor }: SafeChangeParts) {
    this.lastGood = lastGood && new LastGood(lastGood, emptied === 'accept', (fault) => log.lastGood(fault))
    this.#settings = guard
    this.#redactor = redactor
  }

  /** What serves again when the guard takes back what serves now. */
  get proven(): Snapshot<T> | undefined {
    return this.#guard?.proven
  }

  get health(): GuardHealth | null {
    return this.#guard?.health ?? null
  }

  /** Observes the updates of a configuration, before those who report on them: listeners ask health, and may close it. */
  follow(config: Followed<T>): void {
    const { updater } = config
    const { lastGood } = this
    const guard = this.#settings && this.#guarding(config, this.#settings)
    if (lastGood) updater.observe((step) => guard?.proven || lastGood.observe(step))
  }

  /** Waits until what was accepted is saved, but not for long. */
  async close(): Promise<void> {
    this.#guard?.close()
    await this.lastGood?.close()
  }

  #guarding(config: Followed<T>, settings: GuardSettings): Guard<T> {
    const { updater } = config
    // What the sources hold may be newer than what was taken back, and was dropped or not prepared meanwhile.
    const check = (result?: ReloadResult): unknown => result === 'changed' || config.reload()
    const guard = new Guard<T>(settings, {
      redactor: this.#redactor,
      takeBack: (good, reason) => void handled(updater.takeBack(good, reason).then(check, check)),
      kept: () => this.lastGood?.accept(updater.state),
    })
    // adapters find the counts by the configuration
    requestCounts.set(config, guard.requests)
    updater.observe((step) => {
      guard.observe(step)
      if (step.outcome.type === 'changed' && step.outcome.takesBack) queueMicrotask(check)
    })
    return (this.#guard = guard)
  }
}
