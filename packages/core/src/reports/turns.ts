import type { SourceState } from '../sources/source-set.js'
import type { Step } from '../updates/state.js'
import { sourceHealth, statusOf } from './health.js'
import type { HealthStatus, SourceHealth } from './health.js'
import type { Log } from './log.js'

/** Logs each turn of the status, of whether updates reach a source and of which source is used, and the turn back. */
export class Turns {
  readonly #log: Log
  readonly #sources: () => readonly SourceState[]
  #last: { readonly status: HealthStatus; readonly sources: readonly SourceHealth[] } | undefined

  constructor(log: Log, sources: () => readonly SourceState[]) {
    this.#log = log
    this.#sources = sources
  }

  observe<T>({ now }: Step<T>): void {
    if (!now.snapshot) return
    const states = this.#sources()
    const status = statusOf({ state: now, sources: states })
    const sources = states.map((state) => sourceHealth(state, undefined))
    const last = this.#last
    this.#last = { status, sources }
    if (!last) return
    sources.forEach((source, index) => this.#compare(source, last.sources[index]))
    // what turned it to `warn` has a line of its own
    if (status === 'pass' && last.status === 'warn') this.#log.healed('the configuration is up to date again', status)
  }

  #compare(now: SourceHealth, before: SourceHealth | undefined): void {
    if (!before) return
    const why = now.warnings.length > 0 ? `: ${now.warnings.join('; ')}` : ''
    if (now.name !== before.name) {
      this.#log.turned(`${now.name} is used in place of ${before.name}${why}`, now)
    } else if (now.updatable !== before.updatable) {
      if (now.updatable) this.#log.healed(`updates reach ${now.name} again`, 'pass')
      else this.#log.turned(`updates no longer reach ${now.name}${why}`, now)
    }
  }
}
