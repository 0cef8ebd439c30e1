import { inspect, isDeepStrictEqual } from 'node:util'

import { describeWarnings } from '../errors/content-warning.js'
import { describeIssue, messageOf } from '../errors/errors.js'
import type { ConfigError } from '../errors/errors.js'
import { isError, propertyOf } from '../errors/thrown.js'
import { cutText } from '../errors/issue-limits.js'
import type { Redactor } from '../secrets/redactor.js'
import type { ShownDifferences } from '../secrets/shown-changes.js'
import type { SourceState } from '../sources/source-set.js'
import type { Change, Snapshot } from '../snapshots/snapshot.js'
import type { AwaitedSource } from '../updates/first-load.js'
import { createRejection } from '../updates/rejection.js'
import type { Rejection } from '../updates/rejection.js'
import { refusalOf } from '../updates/state.js'
import type { Origin, Rejected, State, Step } from '../updates/state.js'
import { isUpdatable, warningsOf } from './health.js'
import { plainDetails } from './logger.js'
import type { Logger } from './logger.js'

/** A fault that persists is logged once in this time, in milliseconds. */
const REPEAT_LOG_MS = 60_000

/** The maximum length of an error in the log, in characters. */
const MAX_ERROR_LENGTH = 8_000

/** Rejections by what may heal without another update. */
const TRIED_AGAIN: ReadonlySet<string> = new Set(['HOT_CONFIG_VETO', 'HOT_CONFIG_RESOURCE'])

/** How many unknown paths one line names. */
const MAX_PATHS = 20

const WORKER_ADVICE =
  'in a bundle, add @hot-config/core/parser-worker as a second entry with the name parser-worker (docs/bundlers.md)'

/** The maximum number of faults that are remembered to avoid repetitions. */
const MAX_KINDS = 1_000

/**
 * The prototype of details that are computed only where the line is written. Loggers that print them as `console` does get
 * plain values: Node prints a getter as `[Getter]`.
 */
const LAZY = {
  [inspect.custom](this: object): object {
    return plainDetails(this)
  },
}

/** A path that the program names and that nobody knows, as it may be shown. */
export interface UnknownNamedPath {
  /** Where the program uses it, such as `onChange`. */
  readonly what: string
  readonly path: string
  /** The path that was probably meant. */
  readonly meant: string | undefined
  /**
   * Whether it is a mistake. Without a similar path, and without a schema that tells its names, another source may have
   * it.
   */
  readonly isMistake: boolean
}

/** Writes to the logger of the application. Log lines never contain redacted values. */
export class Log {
  readonly #logger: Logger
  readonly #redactor: Redactor
  /** The faults that were logged within the last minute, with their times. */
  readonly #lastLogged = new Map<string, number>()
  /** The sources of an application that continues without a configuration, until there is one. */
  #awaited: { readonly states: readonly SourceState[] } | undefined
  #isWithoutWorker = false

  constructor(logger: Logger, redactor: Redactor) {
    this.#logger = logger
    this.#redactor = redactor
  }

  observe<T>({ before, now, outcome }: Step<T>): void {
    if (outcome.type === 'rejected') {
      if (before.snapshot) this.#rejected(outcome, before)
      // A failed first load throws its error instead, unless the application continues.
      else if (this.#awaited && !outcome.refuses) this.#missing(outcome.rejection)
      return
    }
    if (now.origin) this.#noteOf(now.origin, before.origin)
    if (outcome.type === 'unchanged') return
    if (outcome.change) this.#changed(outcome.change)
    else this.#loaded(outcome.snapshot, now.origin?.lastGood?.savedAt)
  }

  /** Logs a part of the schema that can't be checked. */
  note(text: string): void {
    this.#write('warn', {}, text)
  }

  /** Logs once the sources that no update can reach, and what else is wrong with a source. */
  started(sources: readonly SourceState[]): void {
    const stuck = sources.filter((source) => !isUpdatable(source))
    this.#warnings("updates can't reach", stuck)
    // Updates that arrive late have a line of their own, with all warnings.
    const others = sources.filter((source) => isUpdatable(source) && source.watch?.isDegraded !== true)
    this.#warnings('check', others)
  }

  /** Logs why there is no configuration, when the application continues without one, and from now on each new reason. */
  notLoaded(error: ConfigError, sources: { readonly states: readonly SourceState[] }): void {
    this.#awaited = sources
    this.#missing(createRejection(error))
  }

  /** Logs the sources that the first load waits for. */
  waiting(sources: readonly AwaitedSource[]): void {
    const what =
      sources.map(({ name, reasons, failure }) => [name, ...(failure ? [failure] : reasons)].join(': ')).join('; ') ||
      'the schema'
    this.#write('warn', { sources: sources.map(({ name }) => name) }, `still waiting for ${what}`)
  }

  /** Logs once that the last good configuration can't be kept, and that it can again. */
  lastGood(fault: string | undefined): void {
    if (fault === undefined) this.healed('the last good configuration is saved again')
    else this.#write('warn', {}, this.#redactor.scrub(fault))
  }

  /** Logs that something became worse. */
  turned(message: string, details: object): void {
    this.#write('warn', details, message)
  }

  /** Logs that a trouble is over. The logger of the console writes such lines, and no others of this level. */
  healed(message: string, details: object = {}): void {
    this.#write('info', { status: 'pass', ...details }, message)
  }

  /** Logs that a canary serves from now on, or no longer serves. Neither is the end of a trouble. */
  canary(message: string, details: object = {}): void {
    this.#write('info', details, message)
  }

  /** Logs paths that the program names and that nobody knows, all in one line. */
  unknownPaths(paths: readonly UnknownNamedPath[]): void {
    const texts = paths.slice(0, MAX_PATHS).map(({ what, path, meant }) => {
      return `${what} "${path}"${meant === undefined ? '' : `, did you mean "${meant}"?`}`
    })
    if (paths.length > texts.length) texts.push(`and ${paths.length - texts.length} more`)
    const message = `the program names paths that neither the schema nor the configuration has: ${texts.join('; ')}`
    this.#write('warn', { paths: paths.map(({ path }) => path) }, message)
  }

  /** Logs an error of a listener or of other code of the application. */
  failed(what: string, error: unknown): void {
    const written = messageOf((isError(error) && propertyOf(error, 'stack')) || error)
    // Before the check for secrets, which takes longer.
    if (!this.#isDue(`${what}: ${written}`)) return
    const text = cutText(this.#redactor.scrub(written), MAX_ERROR_LENGTH)
    if (text === written || this.#isDue(`${what}: ${text}`)) this.#write('error', { error: text }, what)
  }

  #warnings(what: string, sources: readonly SourceState[]): void {
    const warned = sources.flatMap((source) => {
      const warnings = warningsOf(source, this.#redactor)
      return warnings.length === 0 ? [] : [{ name: source.name, reason: `${source.name}: ${warnings.join('; ')}` }]
    })
    if (warned.length === 0) return
    const reasons = warned.map(({ reason }) => reason).join('; ')
    this.#write('warn', { sources: warned.map(({ name }) => name) }, `${what} ${reasons}`)
  }

  #missing(rejection: Rejection): void {
    const due = kindsOf(rejection).filter((kind) => this.#isDue(kind))
    if (due.length === 0) return
    const { issues, error } = rejection
    this.#write('error', { issues }, `no valid configuration yet: ${error.message}`)
  }

  #rejected<T>({ rejection, refuses }: Rejected, before: State<T>): void {
    const isFirst = refuses ? refusalOf(before) === undefined : before.rejected === undefined
    // All kinds count as logged, so that none of them is logged again on its own.
    const due = kindsOf(rejection).filter((kind) => this.#isDue(kind))
    // A fault that comes back after its end was logged is news, even within the minute.
    if (due.length === 0 && !isFirst) return
    const { issues, message, error } = rejection
    const what = refuses ? 'canary rejected, the stable' : 'update rejected, the last good'
    const next = !refuses && TRIED_AGAIN.has(error.code) ? '; it is tried again by itself' : ''
    this.#write('warn', { issues }, `${what} configuration serves: ${message}${next}`)
  }

  #loaded<T>(snapshot: Snapshot<T>, savedAt: string | undefined): void {
    const details = {
      __proto__: LAZY,
      version: snapshot.version,
      get digest() {
        return snapshot.digest
      },
    }
    if (savedAt !== undefined) {
      this.#write('warn', details, `configuration loaded from the last good one, saved ${savedAt}`)
    } else if (this.#awaited) this.healed('configuration loaded', details)
    else this.#write('info', details, 'configuration loaded')
    if (this.#awaited) this.started(this.#awaited.states)
    this.#awaited = undefined
  }

  #changed<T>({ previous, next }: Change<T>): void {
    let shown: ShownDifferences | undefined
    const differences = (): ShownDifferences => (shown ??= this.#redactor.differences(previous.value, next.value))
    const details = {
      __proto__: LAZY,
      version: next.version,
      get digest() {
        return next.digest
      },
      get changes() {
        return differences().differences
      },
      // absent from the line when there is none
      get omitted() {
        return differences().omitted || undefined
      },
    }
    this.#write('info', details, 'configuration changed')
  }

  /** Logs warnings about the served content, each of them once. */
  #noteOf(now: Origin, before: Origin | undefined): void {
    const known = new Set(before?.warnings.map(describeIssue))
    const warnings = now.warnings.filter((warning) => !known.has(describeIssue(warning)))
    if (warnings.length > 0) {
      this.#write('warn', { warnings }, `check the configuration: ${describeWarnings(warnings).join('; ')}`)
    }
    this.#noteOfWorker(now)
    this.#warnOf('the environment overrides the sources', now.pinnedByEnvironment, before?.pinnedByEnvironment)
    this.#warnOf('changes wait for a restart', now.pendingRestart, before?.pendingRestart)
  }

  /** Logs once that large files are parsed where they stall requests. What prevents the worker does not end by itself. */
  #noteOfWorker({ layers }: Origin): void {
    const failed = layers.find(({ workerFailure }) => workerFailure !== undefined)
    if (!failed || this.#isWithoutWorker) return
    this.#isWithoutWorker = true
    const reason = this.#redactor.scrub(failed.workerFailure as string)
    const message = `large files are parsed in the main thread, where each update of one stalls requests: ${reason}`
    this.#write('warn', { source: failed.source }, `${message}; ${WORKER_ADVICE}`)
  }

  #warnOf(what: string, paths: readonly string[], before: readonly string[] = []): void {
    if (paths.length > 0 && !isDeepStrictEqual(paths, before)) {
      this.#write('warn', { paths: [...paths] }, `${what}: ${paths.join(', ')}`)
    }
  }

  #write(level: keyof Logger, details: object, message: string): void {
    try {
      const written: unknown = this.#logger[level](details, message)
      if (typeof written === 'object') Promise.resolve(written).catch(() => undefined)
    } catch {
      // A logger that throws can't be reported, and must not end updates.
    }
  }

  /** Whether this fault was not logged within the last minute. */
  #isDue(kind: string): boolean {
    const now = performance.now()
    for (const [logged, at] of this.#lastLogged) {
      if (now - at >= REPEAT_LOG_MS || this.#lastLogged.size > MAX_KINDS) this.#lastLogged.delete(logged)
    }
    if (this.#lastLogged.has(kind)) return false
    this.#lastLogged.set(kind, now)
    return true
  }
}

/**
 * Returns the keys by which equal faults are recognized. The message of a source that can't be read may always differ,
 * and of several such sources some may recover before the others.
 */
function kindsOf({ message, issues }: Rejection): readonly string[] {
  const isUnread = issues.every(({ code }) => code === 'HOT_CONFIG_SOURCE')
  return isUnread ? issues.map(({ source = '' }) => source) : [message]
}
