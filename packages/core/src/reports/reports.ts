import { optionKind, paths, text } from '../errors/option-kinds.js'
import type { KnownNames } from '../schemas/known-names.js'
import type { Redactor } from '../secrets/redactor.js'
import type { SourceSet } from '../sources/source-set.js'
import type { GuardHealth } from '../updates/guard/guard.js'
import type { State, Step } from '../updates/state.js'
import type { Updater } from '../updates/updater.js'
import { Counters } from './counters.js'
import { explain } from './explanation.js'
import type { Explanation } from './explanation.js'
import { healthReport } from './health.js'
import type { HealthReport } from './health.js'
import { History } from './history.js'
import { Log } from './log.js'
import type { Logger } from './logger.js'
import { NamedPaths } from './named-paths.js'
import { Notifications } from './notifications.js'
import { Turns } from './turns.js'

const pathOrPaths = optionKind<string | readonly string[]>(
  'a path such as "log.level", or a list of paths',
  (value) => text.accepts(value) || paths.accepts(value),
)

export interface ReportsOptions {
  readonly logger: Logger
  readonly redactor: Redactor
  readonly sources: SourceSet
  /** The names of the schema, where they can be found out. */
  readonly known: () => KnownNames | undefined
}

/** Everything that reports on a configuration. */
export class Reports<T> {
  readonly log: Log
  readonly history: History
  readonly namedPaths: NamedPaths
  readonly notifications: Notifications<T> = new Notifications((what, error) => this.failed(what, error))
  readonly #counters = new Counters()
  readonly #turns: Turns
  readonly #sources: SourceSet
  readonly #redactor: Redactor

  constructor({ logger, redactor, sources, known }: ReportsOptions) {
    this.log = new Log(logger, redactor)
    this.history = new History(redactor)
    this.namedPaths = new NamedPaths(this.log, redactor, known)
    this.#turns = new Turns(this.log, redactor, () => sources.states)
    this.#sources = sources
    this.#redactor = redactor
  }

  /** Listeners come last, so that health already reports the new state when the first of them is called. */
  observe(step: Step<T>): void {
    this.#learnSecrets(step)
    this.log.observe(step)
    this.namedPaths.observe(step)
    this.history.observe(step)
    this.#counters.observe(step)
    this.#turns.observe(step)
    this.notifications.observe(step)
  }

  /** Tells the redactor which value is served from now on, before any report can mention it. */
  #learnSecrets({ before, now: { snapshot, origin } }: Step<T>): void {
    if (!snapshot || (snapshot === before.snapshot && origin === before.origin)) return
    this.#redactor.served(snapshot.value, origin)
  }

  /** Counts and logs an error of a listener or of other code of the application. */
  failed(what: string, error: unknown): void {
    this.#counters.listenerErrors++
    this.log.failed(what, error)
  }

  /** @throws {OptionError} for something that is no path */
  async explain(state: State<T>, what: string | readonly string[]): Promise<Explanation | Explanation[]> {
    pathOrPaths.required(what, 'path')
    const explanations = await explain(state, typeof what === 'string' ? [what] : what, this.#redactor)
    const helpful = explanations.map((explanation) => this.#withHint(explanation))
    return typeof what === 'string' ? (helpful[0] as Explanation) : helpful
  }

  #withHint(explanation: Explanation): Explanation {
    const { path, value } = explanation
    if (value !== undefined) return explanation
    const didYouMean = this.namedPaths.meantBy(path)
    return didYouMean === undefined ? explanation : { ...explanation, didYouMean }
  }

  health({ state, pending, checkedAt }: Updater<T>, guard: GuardHealth | null): HealthReport {
    return healthReport({
      state,
      pending,
      checkedAt,
      guard,
      sources: this.#sources.states,
      counters: this.#counters,
      redactor: this.#redactor,
    })
  }
}
