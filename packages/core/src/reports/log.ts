import { isDeepStrictEqual } from 'node:util'

import { ConfigError, messageOf } from '../errors/errors.js'
import type { IssueCode } from '../errors/errors.js'
import type { SourceHealth } from './health.js'
import { History, KEPT, redactedDifferences } from './history.js'
import type { HistoryEntry } from './history.js'
import { Listeners } from '../async/listeners.js'
import type { Logger } from './logger.js'
import type { Accepted } from '../updates/pipeline.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Rejection } from '../updates/rejection.js'
import type { Reload, ReloadResult, Stopwatch } from '../updates/reload.js'
import type { Change, Snapshot } from '../snapshots/snapshot.js'

/** A fault that persists is logged so often, in milliseconds. */
const REPEAT_LOG_MS = 60_000

/** How many kinds of faults are told apart. */
const MAX_KINDS = 1_000

/** How far down the causes of an error are looked into. */
const MAX_CAUSES = 5

/** Writes down what happened, for log, history and health. What is redacted is in none of them. */
export class Journal<T> {
  readonly #logger: Logger
  readonly #redactor: Redactor
  readonly #history = new History()
  /** Are told of every reload that is counted. */
  readonly listeners: Listeners<[Reload<T>]> = new Listeners((error) => this.failed('a listener failed', error))
  readonly reloads: Record<ReloadResult, number> = { changed: 0, unchanged: 0, rejected: 0 }
  listenerErrors = 0
  /** What was logged within the last minute, and when. */
  readonly #lastLogged = new Map<string, number>()
  /** Values of the last snapshots and of the last that were to be: what failed late may quote a secret of theirs. */
  readonly #values: { readonly taken: unknown[]; readonly proposed: unknown[] } = { taken: [], proposed: [] }

  constructor(logger: Logger, redactor: Redactor) {
    this.#logger = logger
    this.#redactor = redactor
  }

  entries(): HistoryEntry[] {
    return this.#history.entries()
  }

  loaded(snapshot: Snapshot<unknown>): void {
    const { value, version } = snapshot
    remember(this.#values.taken, value)
    const details = {
      version,
      // computed only where the line is written
      get digest() {
        return snapshot.digest
      },
    }
    this.#log('info', details, 'configuration loaded')
  }

  /** Says once of sources that no update can reach. */
  started(sources: readonly SourceHealth[]): void {
    const stuck = sources.filter(({ updatable, warnings }) => !updatable && warnings.length > 0)
    if (stuck.length === 0) return
    const reasons = stuck.map(({ name, warnings }) => `${name}: ${warnings.join('; ')}`)
    this.#log('warn', { sources: stuck.map(({ name }) => name) }, `updates can't reach ${reasons.join('; ')}`)
  }

  /** Hooks, and what resources are built with, are about to see this value. */
  proposed(value: unknown): void {
    remember(this.#values.proposed, value)
  }

  /** The error for an update that code of the application refused, without the secrets that it may quote. */
  refusal(code: IssueCode, what: string, error: unknown): ConfigError {
    const message = `${what}: ${this.#scrub(messageOf(error))}`
    return ConfigError.of([{ code, message }], { cause: this.#copy(error) })
  }

  changed(change: Change<T>, stopwatch: Stopwatch): void {
    const { previous, next } = change
    remember(this.#values.taken, next.value)
    const { version } = next
    const changes = (): ReturnType<typeof redactedDifferences> =>
      redactedDifferences(previous.value, next.value, this.#redactor)
    this.#history.add(() => ({
      type: 'change',
      at: next.loadedAt,
      version,
      digest: next.digest,
      differences: changes(),
      durations: { prepare: 0, ...stopwatch.durations },
    }))
    const details = {
      version,
      // computed only where the line is written
      get digest() {
        return next.digest
      },
      get changes() {
        return changes()
      },
    }
    this.#log('info', details, 'configuration changed')
    this.#ended('changed', stopwatch, { change })
  }

  unchanged(stopwatch: Stopwatch): void {
    this.#ended('unchanged', stopwatch)
  }

  /** @param persists whether the fault has been told of */
  rejected(rejection: Rejection, persists: boolean, stopwatch: Stopwatch): void {
    const { at, message, issues } = rejection
    if (!persists) this.#history.add(() => ({ type: 'rejection', at, message, issues }))
    if (this.#isDue(kindOf(rejection))) {
      this.#log('warn', { issues }, `update rejected, the last good configuration serves: ${message}`)
    }
    this.#ended('rejected', stopwatch, { rejection })
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
    const text = this.#scrub(messageOf(error instanceof Error ? (error.stack ?? error) : error))
    if (this.#isDue(`${what}: ${text}`)) this.#log('error', { error: text }, what)
  }

  #ended(result: ReloadResult, stopwatch: Stopwatch, details: Pick<Reload<T>, 'change' | 'rejection'> = {}): void {
    this.reloads[result]++
    if (this.listeners.isEmpty) return
    const { startedAt, elapsedMs, durations } = stopwatch
    this.listeners.notify(Object.freeze({ result, startedAt, elapsedMs, durations: { ...durations }, ...details }))
  }

  #warnOf(what: string, paths: readonly string[], before: readonly string[] = []): void {
    if (paths.length > 0 && !isDeepStrictEqual(paths, before)) {
      this.#log('warn', { paths }, `${what}: ${paths.join(', ')}`)
    }
  }

  #log(level: keyof Logger, details: object, message: string): void {
    try {
      this.#logger[level](details, message)
    } catch {
      // there is nowhere to say so, and updates must not end for it
    }
  }

  /** Whether this kind of fault was not logged within the last minute. */
  #isDue(kind: string): boolean {
    const now = performance.now()
    for (const [known, at] of this.#lastLogged) {
      if (now - at >= REPEAT_LOG_MS || this.#lastLogged.size > MAX_KINDS) this.#lastLogged.delete(known)
    }
    if (this.#lastLogged.has(kind)) return false
    this.#lastLogged.set(kind, now)
    return true
  }

  #scrub(text: string): string {
    return this.#redactor.scrub(text, ...this.#values.taken, ...this.#values.proposed)
  }

  /** What may be shown of an error that is not ours. */
  #copy(error: unknown, depth = 0): Error {
    if (!(error instanceof Error)) return new Error(this.#scrub(messageOf(error)))
    const { name, stack, cause, code }: { name: unknown; stack?: unknown; cause?: unknown; code?: unknown } = error
    const options = cause === undefined || depth >= MAX_CAUSES ? {} : { cause: this.#copy(cause, depth + 1) }
    const copy = new Error(this.#scrub(messageOf(error)), options)
    copy.name = this.#scrub(messageOf(name))
    copy.stack = this.#scrub(messageOf(stack))
    return code === undefined ? copy : Object.assign(copy, { code: this.#scrub(messageOf(code)) })
  }
}

function remember(values: unknown[], value: unknown): void {
  values.push(value)
  if (values.length > KEPT) values.shift()
}

/** What counts as the same fault: a source that can't be read may say why in ever new words. */
function kindOf({ message, issues }: Rejection): string {
  const isUnread = issues.every(({ code }) => code === 'HOT_CONFIG_SOURCE')
  return isUnread ? issues.map(({ source }) => source).join('\n') : message
}
