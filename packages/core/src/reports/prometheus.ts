import { Counter, Gauge, Histogram, register as globalRegistry } from 'prom-client'
import type { Metric as PrometheusMetric, Registry, RegistryContentType } from 'prom-client'

import { sharedState } from '../async/shared-state.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { optionKind, recordOf, text, textOf, withMethods } from '../errors/option-kinds.js'
import { OptionError } from '../errors/errors.js'
import type { Unsubscribe } from '../async/listeners.js'
import { DURATION, METRICS, observedConfig, ReloadObserver } from './metrics.js'
import type { Labels, Metric, ObservedConfig } from './metrics.js'

export type { ObservedConfig }

export interface MetricsOptions {
  /** Where the metrics are registered. Default: the global registry of prom-client. */
  readonly register?: Registry<RegistryContentType> | undefined
  /** Prefix of the name of every metric, such as `shop_`. */
  readonly prefix?: string | undefined
  /** Value of the label `config`, which distinguishes several configurations of a process. */
  readonly name?: string | undefined
  /** Labels of every sample. All configurations in a registry have the same ones. */
  readonly labels?: Labels | undefined
}

const OPTIONS = {
  register: withMethods<Registry<RegistryContentType>>(
    'a Registry of prom-client',
    'getSingleMetric',
    'registerMetric',
    'removeSingleMetric',
  )(globalRegistry),
  prefix: textOf('letters, digits and "_" that begin with a letter, such as "shop_"', /^([a-z_:][\w:]*)?$/i)(''),
  name: text(),
  labels: readLabels,
} satisfies TableOf<MetricsOptions>

const RESERVED = new Set(['config', 'le', ...METRICS.flatMap(({ labels }) => labels)])

/**
 * Exposes the state of a configuration as Prometheus metrics. They are read from `health()` at scrape time, and contain
 * no configuration value.
 *
 * @returns a function that removes the metrics of this configuration from the registry
 * @throws {OptionError} when the names or labels are taken or reserved, and for unknown or invalid options
 */
export function collectMetrics(config: ObservedConfig, options: MetricsOptions = {}): Unsubscribe {
  observedConfig.required(config, 'config')
  const { register, prefix, name, labels } = readOptions(options, OPTIONS)
  return expositionIn(register, prefix, Object.keys(labels)).add(config, {
    ...labels,
    ...(name !== undefined && { config: name }),
  })
}

const labelsOf = recordOf(
  optionKind<string | number>('a text or a number', (value) => typeof value === 'string' || Number.isFinite(value)),
  'an object of labels such as { team: "shop" }',
)

function readLabels(value: unknown, name: string): Labels {
  const labels = labelsOf(value, name)
  for (const label of Object.keys(labels)) {
    if (RESERVED.has(label)) throw new OptionError(`${name}: "${label}" is reserved`)
    if (!/^[a-z_]\w*$/i.test(label)) {
      throw new OptionError(`${name}: expected names of letters, digits and "_", got "${label}"`)
    }
  }
  return labels
}

/**
 * The metrics of a registry and a prefix, by their first metric. So metrics that were removed from it are not found.
 */
const expositions = sharedState('expositions', () => new WeakMap<object, Exposition>())

function expositionIn(
  register: Registry<RegistryContentType>,
  prefix: string,
  labelNames: readonly string[],
): Exposition {
  const first = register.getSingleMetric(`${prefix}${DURATION.name}`)
  const known = first && expositions.get(first)
  if (!known) {
    const exposition = new Exposition(register, prefix, labelNames)
    expositions.set(exposition.duration, exposition)
    return exposition
  }
  const names = known.labelNames.join(', ') || 'none'
  if (names !== (labelNames.toSorted().join(', ') || 'none')) {
    throw new OptionError(`labels: expected the same as for the other configuration in this registry: ${names}`)
  }
  return known
}

interface Observed {
  readonly observer: ReloadObserver
  readonly labels: Labels
}

/** The metrics of all configurations that share a registry and a prefix. */
class Exposition {
  readonly duration: Histogram
  readonly labelNames: readonly string[]
  readonly #register: Registry<RegistryContentType>
  readonly #metrics = new Map<string, PrometheusMetric>()
  readonly #observed = new Map<string, Observed>()

  /** @throws {OptionError} when a name is taken */
  constructor(register: Registry<RegistryContentType>, prefix: string, labelNames: readonly string[]) {
    this.#register = register
    this.labelNames = labelNames.toSorted()
    const common = ['config', ...labelNames]
    this.duration = new Histogram({
      name: `${prefix}${DURATION.name}`,
      help: DURATION.help,
      labelNames: common,
      buckets: [...DURATION.buckets],
      registers: [],
    })
    this.#metrics.set(`${prefix}${DURATION.name}`, this.duration)
    for (const metric of METRICS) {
      const name = `${prefix}${metric.name}`
      this.#metrics.set(name, createMetric(metric, name, common, this.#observed))
    }
    const taken = Array.from(this.#metrics.keys()).find((name) => register.getSingleMetric(name))
    if (taken !== undefined) throw new OptionError(`prefix: the registry has another metric "${taken}"`)
    for (const metric of this.#metrics.values()) register.registerMetric(metric)
  }

  /** @throws {OptionError} when a configuration has these labels */
  add(config: ObservedConfig, labels: Labels): Unsubscribe {
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (this.#observed.has(key)) {
      const taken = labels['config'] === undefined ? 'expected one for each of several configurations' : 'is taken'
      throw new OptionError(`name: ${taken}`)
    }
    const observer = new ReloadObserver(config, (seconds) => this.duration.observe({ ...labels }, seconds))
    const observed = { observer, labels }
    this.duration.zero({ ...labels })
    this.#observed.set(key, observed)
    return () => {
      if (this.#observed.get(key) !== observed) return
      observer.stop()
      this.#observed.delete(key)
      this.duration.remove({ ...labels })
      if (this.#observed.size === 0) this.#unregister()
    }
  }

  #unregister(): void {
    for (const [name, metric] of this.#metrics) {
      if (this.#register.getSingleMetric(name) === metric) this.#register.removeSingleMetric(name)
    }
  }
}

/** A metric that reads its samples at scrape time. The reset removes old samples, such as those of an old digest. */
function createMetric(
  { help, labels, aggregator, type, read }: Metric,
  name: string,
  common: readonly string[],
  observed: ReadonlyMap<string, Observed>,
): PrometheusMetric {
  const settings = { name, help, labelNames: [...common, ...labels], aggregator, registers: [] }
  const samples = (): [Labels, number][] =>
    Array.from(observed.values(), ({ observer, labels: own }) =>
      read(observer.observe()).map(([value, more]): [Labels, number] => [{ ...own, ...more }, value]),
    ).flat()
  if (type === 'counter') {
    const collect = function (this: Counter): void {
      this.reset()
      for (const sample of samples()) this.inc(...sample)
    }
    return new Counter({ ...settings, collect })
  }
  const collect = function (this: Gauge): void {
    this.reset()
    for (const sample of samples()) this.set(...sample)
  }
  return new Gauge({ ...settings, collect })
}
