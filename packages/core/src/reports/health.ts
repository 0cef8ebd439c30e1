import { describeWarnings } from '../errors/content-warning.js'
import { oneOf, optionKind } from '../errors/option-kinds.js'
import type { Issue } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Rejection } from '../updates/rejection.js'
import type { SourceState } from '../sources/source-set.js'
import type { PendingState } from '../updates/pending-update.js'
import type { GuardHealth } from '../updates/guard/guard.js'
import { refusalOf } from '../updates/state.js'
import type { Origin, State } from '../updates/state.js'
import { canaryHealth } from './canary-health.js'
import type { CanaryHealth } from './canary-health.js'

/**
 * - `pass`: the newest configuration is served.
 * - `warn`: the last update or the canary was rejected, a part can't be updated or waits for a restart, or the content has warnings.
 *   The last good values are served.
 * - `fail`: there is no valid snapshot yet.
 */
export type HealthStatus = 'pass' | 'warn' | 'fail'

/** The state of a configuration. Never contains a configuration value. */
export interface HealthReport {
  readonly status: HealthStatus
  /** 0 before the first snapshot. */
  readonly version: number
  readonly digest: string | null
  readonly loadedAt: string | null
  /**
   * Where it comes from: the sources, or what an earlier process saved with `lastGood`, since the sources held nothing
   * valid at the start. `null` before the first snapshot.
   */
  readonly servedFrom: 'sources' | 'last-good' | null
  /** When the last good configuration that is served was saved, else `null`. */
  readonly savedAt: string | null
  /** When the sources were last read. */
  readonly checkedAt: string | null
  /** The reason why the newest update, or the canary that this process was chosen for, is not served, else `null`. */
  readonly lastRejection: HealthRejection | null
  /** Paths whose changes wait for a restart. */
  readonly pendingRestart: readonly string[]
  /** The valid update that waits for `applyDelay`, hooks or resources, or `null` when there is none. */
  readonly pending: HealthPending | null
  /** The canary of `withCanary()`, `null` when there is none. */
  readonly canary: CanaryHealth | null
  /** What the guard does, `null` without one and before the first update. */
  readonly guard: GuardHealth | null
  /** Paths whose updates have no effect, because the environment sets the value. */
  readonly pinnedByEnvironment: readonly string[]
  /** How many reloads since the first load had each result. */
  readonly reloads: { readonly changed: number; readonly unchanged: number; readonly rejected: number }
  /** How often a listener failed. */
  readonly listenerErrors: number
  readonly sources: readonly SourceHealth[]
}

export interface HealthRejection {
  readonly at: string
  readonly source: string | null
  readonly message: string
  readonly issues: readonly Omit<Issue, 'code'>[]
  /** The time at which an update that a hook or a resource rejected is retried. */
  readonly retryAt?: string
}

interface HealthPending {
  readonly since: string
  /** The time at which the delay of `applyDelay` ends, or `null` while hooks run and resources are built. */
  readonly until: string | null
}

export interface SourceHealth {
  readonly name: string
  /** `null` when the last reading failed. */
  readonly revision: string | null
  /**
   * How changes are noticed: `inotify` (not on Linux: `fs.watch`), `recheck`, of the Kubernetes API `watch`, `list` or
   * `reconnecting`; `none` for a source that can't change.
   */
  readonly watching: string
  readonly updatable: boolean
  readonly warnings: readonly string[]
}

function rejectionHealth(
  { at, source, message, issues }: Rejection,
  pending: PendingState | undefined,
): HealthRejection {
  return {
    at,
    source: source ?? null,
    message,
    issues: issues.map(({ code: _code, ...issue }) => issue),
    ...(pending?.type === 'retrying' && { retryAt: isoOf(pending.until) }),
  }
}

function isoOf(time: number): string
function isoOf(time: number | undefined): string | null
function isoOf(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}

/** @param origin the origin of the served snapshot, whose warnings are reported with their source */
function sourceHealth(source: SourceState, origin: Origin | undefined, redactor: Redactor): SourceHealth {
  const { name, reading, watch } = source
  const canary = reading?.canary
  const ofContent = origin?.warnings.filter(({ source }) => source === name || source === canary?.source) ?? []
  const ofShare = canary?.problem === undefined ? [] : [`${canary.source}: ${canary.problem}`]
  return {
    name,
    revision: reading ? redactor.revision(name, reading) : null,
    watching: watch?.by ?? 'none',
    updatable: isUpdatable(source),
    warnings: [...warningsOf(source, redactor), ...ofShare, ...describeWarnings(ofContent, name)],
  }
}

export function isUpdatable({ reading, watch }: SourceState): boolean {
  return reading?.updatable ?? watch !== undefined
}

/** Returns the warnings of a source about itself. */
export function warningsOf({ reading, watch }: SourceState, redactor: Redactor): string[] {
  return redactor.texts([...(reading?.warnings ?? []), ...(watch?.warnings ?? [])])
}

/** The input for a health report. */
export interface HealthFacts {
  readonly state: State<unknown>
  readonly pending: PendingState | undefined
  /** In milliseconds since the epoch. */
  readonly checkedAt: number | undefined
  readonly guard: GuardHealth | null
  readonly sources: readonly SourceState[]
  readonly counters: Pick<HealthReport, 'reloads' | 'listenerErrors'>
  readonly redactor: Redactor
}

/** Returns the status. It is called after every check, so it computes nothing expensive, such as the digest. */
export function statusOf({ state, sources }: Pick<HealthFacts, 'state' | 'sources'>): HealthStatus {
  const { snapshot, origin, rejected, canary } = state
  if (!snapshot) return 'fail'
  const isStuck = sources.some(({ reading }) => reading?.updatable === false)
  const isOld = origin?.lastGood !== undefined
  const hasNotes = origin !== undefined && origin.pendingRestart.length + origin.warnings.length > 0
  const hasBadCanary = canary?.problem !== undefined || refusalOf(state) !== undefined
  return rejected || isOld || hasBadCanary || isStuck || hasNotes ? 'warn' : 'pass'
}

export function healthReport({
  state,
  pending,
  checkedAt,
  guard,
  sources,
  counters,
  redactor,
}: HealthFacts): HealthReport {
  const { snapshot, origin } = state
  // A newer valid update that only waits has ended the rejection already.
  const isFixed = pending?.type === 'waiting' && state.rejected && state.rejected.check < pending.check
  const rejected = isFixed ? undefined : state.rejected
  const { rejection } = rejected ?? refusalOf(state) ?? {}
  const { version = 0, digest = null, loadedAt = null } = snapshot ?? {}
  const { pendingRestart = [], pinnedByEnvironment = [] } = origin ?? {}
  return {
    status: statusOf({ state: { ...state, rejected }, sources }),
    version,
    digest,
    loadedAt,
    servedFrom: snapshot ? (origin?.lastGood ? 'last-good' : 'sources') : null,
    savedAt: origin?.lastGood?.savedAt ?? null,
    checkedAt: isoOf(checkedAt),
    lastRejection: rejection ? rejectionHealth(rejection, pending) : null,
    pending: pending?.type === 'waiting' ? { since: isoOf(pending.since), until: isoOf(pending.until) } : null,
    pendingRestart: [...pendingRestart],
    canary: canaryHealth(state, redactor),
    guard,
    pinnedByEnvironment: [...pinnedByEnvironment],
    reloads: { ...counters.reloads },
    listenerErrors: counters.listenerErrors,
    sources: sources.map((source) => sourceHealth(source, origin, redactor)),
  }
}

const STATUS = oneOf<HealthReport['status']>('pass', 'warn', 'fail')

const REPORT = optionKind<HealthReport>('a health report, as config.health() returns it', (value) =>
  STATUS.accepts((value as Partial<HealthReport> | undefined | null)?.status),
)

/** The health report as an HTTP response, for adapters. @throws {OptionError} for what is no health report */
export function healthResponse(report: HealthReport): {
  readonly statusCode: 200 | 503
  readonly headers: { readonly 'content-type': string; readonly 'cache-control': string }
  readonly body: HealthReport
} {
  REPORT.required(report, 'report')
  return {
    // A rejected update must not take every pod out of rotation at once. Only a missing configuration may.
    statusCode: report.status === 'fail' ? 503 : 200,
    headers: { 'content-type': 'application/health+json; charset=utf-8', 'cache-control': 'no-store' },
    body: report,
  }
}
