import { withMethods } from '../errors/option-kinds.js'
import type { OptionKind } from '../errors/option-kinds.js'
import type { HealthReport } from './health.js'
import type { Unsubscribe } from '../async/listeners.js'
import type { ReloadListener, ReloadResult } from '../updates/reload.js'
import type { StageDurations } from '../updates/stopwatch.js'

/** The part of a `HotConfig` that is needed to observe it. */
export interface ObservedConfig {
  health(): HealthReport
  onReload(listener: ReloadListener<unknown>): Unsubscribe
}

export const observedConfig: OptionKind<ObservedConfig> = withMethods<ObservedConfig>(
  'a HotConfig, such as createHotConfig() resolves with',
  'health',
  'onReload',
)

/** The state from which the values of metrics are computed. */
export interface Observation {
  readonly health: HealthReport
  /**
   * The end of the last reload that was not rejected, in milliseconds since the epoch. `undefined` before the first
   * load.
   */
  readonly lastSuccess: number | undefined
  /** How many updates the guard took back. */
  readonly takenBack: number
}

export type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [value: number, labels?: Labels]

/** A metric whose value is computed when it is read. */
export interface Metric {
  /** The name by Prometheus's conventions. */
  readonly name: string
  /** The name by OpenTelemetry's conventions. An exporter to Prometheus converts it to `name`. */
  readonly instrument: string
  readonly type: 'counter' | 'gauge'
  /** The unit in OpenTelemetry's notation. */
  readonly unit?: string
  readonly help: string
  readonly labels: readonly string[]
  /** How prom-client aggregates the processes of a cluster. */
  readonly aggregator: 'first' | 'max' | 'min' | 'sum'
  readonly read: (observation: Observation) => readonly Sample[]
}

const RESULTS: readonly ReloadResult[] = ['changed', 'unchanged', 'rejected']

/** All metrics except the histogram. None of them contains a configuration value. */
export const METRICS: readonly Metric[] = [
  {
    name: 'hot_config_info',
    instrument: 'hot_config.info',
    type: 'gauge',
    help: 'The snapshot that is served: its digest, the same wherever the same configuration runs, and its version.',
    labels: ['digest', 'version', 'canary'],
    aggregator: 'first',
    // only where a canary serves, so that nothing changes for anybody else
    read: ({ health: { digest, version, canary } }) =>
      digest === null ? [] : [[1, { digest, version, ...(canary?.state === 'serving' && { canary: 'true' }) }]],
  },
  {
    name: 'hot_config_canary_info',
    instrument: 'hot_config.canary.info',
    type: 'gauge',
    help: 'The state of the canary in this process: serving, waiting, refused or taken-back. No sample without a canary.',
    labels: ['state'],
    aggregator: 'sum',
    read: ({ health: { canary } }) => (canary ? [[1, { state: canary.state }]] : []),
  },
  {
    name: 'hot_config_canary_share',
    instrument: 'hot_config.canary.share',
    type: 'gauge',
    help: 'The part of the processes that serve the canary, from 0 to 1. No sample without a canary.',
    labels: [],
    aggregator: 'max',
    read: ({ health: { canary } }) => (canary ? [[canary.share]] : []),
  },
  {
    name: 'hot_config_guard_info',
    instrument: 'hot_config.guard.info',
    type: 'gauge',
    help: 'The state of the guard: baking, kept or taken-back. No sample without a guard, and before the first update.',
    labels: ['state'],
    aggregator: 'sum',
    read: ({ health: { guard } }) => (guard ? [[1, { state: guard.state }]] : []),
  },
  {
    name: 'hot_config_taken_back_total',
    instrument: 'hot_config.taken_back',
    type: 'counter',
    unit: '{update}',
    help: 'Updates that the guard took back.',
    labels: [],
    aggregator: 'sum',
    read: ({ takenBack }) => [[takenBack]],
  },
  {
    name: 'hot_config_last_reload_successful',
    instrument: 'hot_config.last_reload.successful',
    type: 'gauge',
    help: 'Whether the newest configuration is served (1), or was rejected (0).',
    labels: [],
    aggregator: 'min',
    read: ({ health: { status, lastRejection } }) => [[status !== 'fail' && lastRejection === null ? 1 : 0]],
  },
  {
    name: 'hot_config_last_reload_success_timestamp_seconds',
    instrument: 'hot_config.last_reload.success_timestamp',
    type: 'gauge',
    unit: 's',
    help: 'When the last reload that was not rejected ended, in seconds since the epoch.',
    labels: [],
    aggregator: 'min',
    read: ({ lastSuccess }) => (lastSuccess === undefined ? [] : [[lastSuccess / 1000]]),
  },
  {
    name: 'hot_config_reloads_total',
    instrument: 'hot_config.reloads',
    type: 'counter',
    unit: '{reload}',
    help: 'Reloads since the first load, by result: changed, unchanged or rejected.',
    labels: ['result'],
    aggregator: 'sum',
    read: ({ health: { reloads } }) => RESULTS.map((result) => [reloads[result], { result }]),
  },
  {
    name: 'hot_config_source_up',
    instrument: 'hot_config.source.up',
    type: 'gauge',
    help: 'Whether the last reading of the source succeeded (1) or failed (0).',
    labels: ['source'],
    aggregator: 'min',
    read: bySource(({ revision }) => revision !== null),
  },
  {
    name: 'hot_config_source_updatable',
    instrument: 'hot_config.source.updatable',
    type: 'gauge',
    help: 'Whether updates can reach the source (1), or it stays as it is until a restart (0).',
    labels: ['source'],
    aggregator: 'min',
    read: bySource(({ updatable }) => updatable),
  },
  {
    name: 'hot_config_source_warnings',
    instrument: 'hot_config.source.warnings',
    type: 'gauge',
    unit: '{warning}',
    help: 'Warnings of a source, of its mount, its watch and its content.',
    labels: ['source'],
    aggregator: 'max',
    read: ({ health: { sources } }) =>
      Array.from(new Map(sources.map(({ name, warnings }) => [name, warnings.length])), ([source, count]) => [
        count,
        { source },
      ]),
  },
  {
    name: 'hot_config_pending_restarts',
    instrument: 'hot_config.pending_restarts',
    type: 'gauge',
    unit: '{path}',
    help: 'Paths whose changes wait for a restart.',
    labels: [],
    aggregator: 'max',
    read: ({ health: { pendingRestart } }) => [[pendingRestart.length]],
  },
  {
    name: 'hot_config_listener_errors_total',
    instrument: 'hot_config.listener_errors',
    type: 'counter',
    unit: '{error}',
    help: 'How often a listener failed.',
    labels: [],
    aggregator: 'sum',
    read: ({ health: { listenerErrors } }) => [[listenerErrors]],
  },
]

export const DURATION = {
  name: 'hot_config_reload_duration_seconds',
  instrument: 'hot_config.reload.duration',
  help: 'How long reloads took to read, validate and prepare, without the wait of applyDelay.',
  /** From a small volume, which takes a millisecond, to a connection pool, which takes seconds to rebuild. */
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
} as const

/** Observes the reloads of a configuration from now on. */
export class ReloadObserver {
  readonly #config: ObservedConfig
  readonly stop: Unsubscribe
  /** The end of the last reload that was not rejected. */
  #lastSuccess = 0
  #takenBack = 0
  readonly #counted = new WeakSet<object>()

  /** @param reloaded receives the duration of each reload in seconds */
  constructor(config: ObservedConfig, reloaded: (seconds: number) => void) {
    this.#config = config
    this.stop = config.onReload(({ result, startedAt, elapsedMs, durations, rejection }) => {
      if (rejection?.error.code === 'HOT_CONFIG_TAKEN_BACK') this.#count(rejection.error)
      if (result !== 'rejected') this.#lastSuccess = Date.parse(startedAt) + elapsedMs
      reloaded(workOf(durations) / 1000)
    })
  }

  /** Content that was taken back is rejected with the same error whenever it comes again. */
  #count(error: object): void {
    if (this.#counted.has(error)) return
    this.#counted.add(error)
    this.#takenBack++
  }

  observe(): Observation {
    const health = this.#config.health()
    const { loadedAt } = health
    return {
      health,
      lastSuccess: loadedAt === null ? undefined : Math.max(Date.parse(loadedAt), this.#lastSuccess),
      takenBack: this.#takenBack,
    }
  }
}

function workOf({ read = 0, validate = 0, prepare = 0 }: StageDurations): number {
  return read + validate + prepare
}

/** Returns one value for each name of a source. Several sources may share a name: it is true when all of them are. */
function bySource(judge: (source: HealthReport['sources'][number]) => boolean): Metric['read'] {
  return ({ health: { sources } }) => {
    const verdicts = new Map<string, boolean>()
    for (const source of sources) verdicts.set(source.name, judge(source) && (verdicts.get(source.name) ?? true))
    return Array.from(verdicts, ([source, verdict]) => [verdict ? 1 : 0, { source }])
  }
}
