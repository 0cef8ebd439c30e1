import type { SourceState } from '../sources/source-set.js'
import { refusalOf } from '../updates/state.js'
import type { State, Step } from '../updates/state.js'
import type { Redactor } from '../secrets/redactor.js'
import { isUpdatable, statusOf, warningsOf } from './health.js'
import type { HealthStatus } from './health.js'
import type { Log } from './log.js'

/**
 * Logs when the status changes, when updates stop reaching a source or arrive later than usual, when another source is
 * used, and when each of these ends.
 */
export class Turns {
  readonly #log: Log
  readonly #redactor: Redactor
  readonly #sources: () => readonly SourceState[]
  #last: { readonly status: HealthStatus; readonly sources: readonly KnownSource[] } | undefined

  constructor(log: Log, redactor: Redactor, sources: () => readonly SourceState[]) {
    this.#log = log
    this.#redactor = redactor
    this.#sources = sources
  }

  observe<T>(step: Step<T>): void {
    const { now } = step
    if (!now.snapshot) return
    this.#compareCanaries(step)
    const states = this.#sources()
    const last = this.#last
    const found = statusOf({ state: now, sources: states })
    // Before the check of a canary has ended, nothing is up to date again.
    const status = found === 'pass' && isCanaryOpen(now) && last ? last.status : found
    const sources = states.map((state, index) => knownOf(state, last?.sources[index]))
    this.#last = { status, sources }
    states.forEach((state, index) => this.#compare(state, sources[index], last?.sources[index]))
    if (!last) return
    // The reason of a `warn` has a log line of its own.
    if (status === 'pass' && last.status === 'warn') {
      this.#log.healed('the configuration is up to date again')
    }
  }

  /** Logs the turns of a canary. One that is rejected has a log line of its own. */
  #compareCanaries<T>({ before, now, outcome }: Step<T>): void {
    const [was, is] = [before.canary, now.canary]
    const refusal = refusalOf(now)
    const isLogged = outcome.type === 'rejected' && outcome.refuses !== undefined
    if (is && refusal && !isLogged && refusal !== refusalOf(before)) {
      const why = `is not tried again: ${refusal.rejection.message}`
      this.#log.turned(`the canary of ${is.source} ${why}`, { source: is.source })
    }
    if (is?.problem !== undefined && is.problem !== was?.problem) {
      const who = is.chosen ? 'nobody else' : 'nobody'
      this.#log.turned(`${who} is chosen for the canary: ${is.source} ${is.problem}`, { source: is.source })
    }
    const [served, serves] = [before.origin?.canary, now.origin?.canary]
    if (served === serves) return
    if (is && serves !== undefined) this.#log.canary(`the canary of ${is.source} serves`, { share: is.share })
    else this.#log.canary('the canary no longer serves')
  }

  #compare(state: SourceState, now: KnownSource | undefined, last: KnownSource | undefined): void {
    if (!now) return
    // What is wrong at the start has a log line of its own, except that updates arrive late.
    const before = last ?? { ...now, isDegraded: false }
    const isSwitched = now.name !== before.name
    if (!isSwitched && now.updatable === before.updatable && now.isDegraded === before.isDegraded) return
    const warnings = warningsOf(state, this.#redactor)
    const why = warnings.length > 0 ? `: ${warnings.join('; ')}` : ''
    const details = { source: now.name, updatable: now.updatable, warnings }
    if (isSwitched) {
      const message = `${now.name} is used in place of ${before.name}${why}`
      if (why) this.#log.turned(message, details)
      else this.#log.healed(message)
    } else if (now.updatable !== before.updatable) {
      if (now.updatable) this.#log.healed(`updates reach ${now.name} again`)
      else this.#log.turned(`updates no longer reach ${now.name}${why}`, details)
    }
    // A line of its own: updates that arrive again may arrive late, and the end of that is a line too.
    const wasDegraded = !isSwitched && before.isDegraded
    if (now.isDegraded === wasDegraded) return
    if (now.isDegraded) this.#log.turned(`updates of ${now.name} arrive late${why}`, details)
    else this.#log.healed(`updates of ${now.name} no longer arrive late`)
  }
}

/** Whether this process was chosen for a canary that is neither served nor rejected yet. */
function isCanaryOpen<T>(state: State<T>): boolean {
  const { canary, origin } = state
  return canary?.chosen === true && canary.digest !== origin?.canary && refusalOf(state) === undefined
}

interface KnownSource {
  readonly name: string
  readonly updatable: boolean
  readonly isDegraded: boolean
}

/** While updates don't arrive at all, it makes no difference how they would arrive. */
function knownOf(state: SourceState, before: KnownSource | undefined): KnownSource {
  const updatable = isUpdatable(state)
  const isReadable = state.reading !== undefined && updatable
  const wasDegraded = before?.name === state.name && before.isDegraded
  return { name: state.name, updatable, isDegraded: isReadable ? state.watch?.isDegraded === true : wasDegraded }
}
