import { isDeepStrictEqual } from 'node:util'

import { History, KEPT, redactedDifferences } from './history.js'
import type { HistoryEntry } from './history.js'
import type { ReloadResult } from './hot-config.js'
import { Listeners } from './listeners.js'
import type { Logger } from './logger.js'
import type { Candidate } from './pipeline.js'
import type { Redactor } from './redactor.js'
import type { Rejection } from './rejection.js'
import type { Reload, Stopwatch } from './reload.js'
import type { Change, Snapshot } from './snapshot.js'

/** What a snapshot came from, with the paths at which the running value was kept. */
export type Accepted = Candidate & { readonly pendingRestart: readonly string[] }

/** A fault that persists is logged so often, in milliseconds. */
const REPEAT_LOG_MS = 60_000

/** Writes down what happened, for log, history and health. What is redacted is in none of them. */
export class Journal<T> {
  readonly #logger: Logger
  readonly #redactor: Redactor
  readonly #history = new History()
  /** Are told of every reload that is counted. */
  readonly listeners: Listeners<[Reload<T>]> = new Listeners((error) => this.failed('a listener failed', error))
  readonly reloads: Record<ReloadResult, number> = { changed: 0, unchanged: 0, rejected: 0 }
  listenerErrors = 0
  #lastWarning = { message: '', at: 0 }
  /** Values of the last snapshots: what failed late may quote a secret of an older one. */
  readonly #values: unknown[] = []

  constructor(logger: Logger, redactor: Redactor) {
    this.#logger = logger
    this.#redactor = redactor
  }

  entries(): HistoryEntry[] {
    return this.#history.entries()
  }

  loaded({ value, version, digest }: Snapshot<unknown>): void {
    this.#remember(value)
    this.#logger.info({ version, digest }, 'configuration loaded')
  }

  changed(change: Change<T>, stopwatch: Stopwatch): void {
    const { previous, next } = change
    const durations = { prepare: 0, ...stopwatch.durations }
    this.#remember(next.value)
    const { version, digest, loadedAt: at } = next
    const changes = (): ReturnType<typeof redactedDifferences> =>
      redactedDifferences(previous.value, next.value, this.#redactor)
    this.#history.add(() => ({ type: 'change', at, version, digest, differences: changes(), durations }))
    const details = {
      version,
      digest,
      // computed only where the line is written
      get changes() {
        return changes()
      },
    }
    this.#logger.info(details, 'configuration changed')
    this.#ended('changed', stopwatch, { change })
  }

  unchanged(stopwatch: Stopwatch): void {
    this.#ended('unchanged', stopwatch)
  }

  /** @param persists whether the fault has been told of */
  rejected(rejection: Rejection, persists: boolean, stopwatch: Stopwatch): void {
    if (!persists) this.#warn(rejection)
    this.#ended('rejected', stopwatch, { rejection })
  }

  #warn({ at, message, issues }: Rejection): void {
    this.#history.add(() => ({ type: 'rejection', at, message, issues }))
    const now = performance.now()
    if (this.#lastWarning.message === message && now - this.#lastWarning.at < REPEAT_LOG_MS) return
    this.#lastWarning = { message, at: now }
    this.#logger.warn({ issues }, `update rejected, the last good configuration serves: ${message}`)
  }

  /** Says what an operator should know of an update that was taken, once. */
  accepted(now: Accepted, before: Accepted | undefined): void {
    this.#warnOf('not declared in the schema', now.undeclared, before?.undeclared)
    this.#warnOf('the environment overrides the sources', now.pinnedByEnvironment, before?.pinnedByEnvironment)
    this.#warnOf('changes wait for a restart', now.pendingRestart, before?.pendingRestart)
  }

  /** What a listener, or whoever else was called, threw. */
  failed(what: string, error: unknown): void {
    this.listenerErrors++
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#logger.error({ error: this.#redactor.scrub(text, ...this.#values) }, what)
  }

  #ended(result: ReloadResult, stopwatch: Stopwatch, details: Pick<Reload<T>, 'change' | 'rejection'> = {}): void {
    this.reloads[result]++
    const { startedAt, elapsedMs, durations } = stopwatch
    this.listeners.notify(Object.freeze({ result, startedAt, elapsedMs, durations: { ...durations }, ...details }))
  }

  #remember(value: unknown): void {
    this.#values.push(value)
    if (this.#values.length > KEPT) this.#values.shift()
  }

  #warnOf(what: string, paths: readonly string[], before: readonly string[] = []): void {
    if (paths.length > 0 && !isDeepStrictEqual(paths, before))
      this.#logger.warn({ paths }, `${what}: ${paths.join(', ')}`)
  }
}
