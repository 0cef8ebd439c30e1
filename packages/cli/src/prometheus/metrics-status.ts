import type { CanaryHealth, GuardHealth } from '@hot-config/core'

import type { PodStatus } from '../status/pods.js'
import { UsageError } from '../usage-error.js'
import { labelMatchers } from './label-matchers.js'
import type { Prometheus, Sample } from './prometheus.js'

/** Which series are asked for. */
export interface MetricsQuery {
  /** The labels of the series. */
  readonly selector: string
  readonly namespace?: string | undefined
}

type MutableStatus = { -readonly [K in keyof PodStatus]: PodStatus[K] }

/**
 * Reads from the metrics of pods what they run. Only the series of what differs from the usual are asked for, besides
 * one for each pod. No metric says why a pod rejects an update, or when it loaded what it runs.
 *
 * @throws {UsageError} when Prometheus can't be asked, or when pods have several configurations
 */
export async function statusOfMetrics(
  prometheus: Prometheus,
  query: MetricsQuery,
  signal: AbortSignal,
): Promise<PodStatus[]> {
  const { all, ofTarget } = labelMatchers(query.selector, query.namespace)
  const [infos, rejecting, stuck, canaries, shares, guards, down] = (await Promise.all(
    [
      // exporters of OpenTelemetry keep the series of earlier digests and states, with 0
      `hot_config_info{${all}} == 1`,
      `hot_config_last_reload_successful{${all}} == 0`,
      // a source without a warning never changes, and that is no fault
      `hot_config_source_updatable{${all}} == 0 and hot_config_source_warnings{${all}} > 0`,
      `hot_config_canary_info{${all}} == 1`,
      `hot_config_canary_share{${all}}`,
      `hot_config_guard_info{${all}} == 1`,
      `up{${ofTarget}} == 0`,
    ].map((expression) => prometheus.query(expression, signal)),
  )) as [Sample[], Sample[], Sample[], Sample[], Sample[], Sample[], Sample[]]

  const pods = new Pods()
  for (const { labels } of infos) pods.run(labels)
  for (const { labels } of rejecting) {
    const pod = pods.at(labels)
    pod.rejection = 'its health report says why'
    pod.status = pod.digest === null ? 'fail' : 'warn'
  }
  for (const { labels } of stuck) {
    const pod = pods.at(labels)
    pod.problem = [pod.problem ?? "can't be updated:", labels['source']].join(' ')
    if (pod.status === 'pass') pod.status = 'warn'
  }
  const shareOf = new Map(shares.map(({ labels, value }) => [pods.at(labels), value]))
  for (const { labels } of canaries) {
    const pod = pods.at(labels)
    const state = labels['state'] as CanaryHealth['state']
    // No metric says whether a pod that waits was chosen.
    pod.canary = { share: shareOf.get(pod) ?? 0, chosen: state !== 'waiting', state, digest: null }
  }
  for (const { labels } of guards) {
    pods.at(labels).guard = { state: labels['state'] as GuardHealth['state'], until: null }
  }
  // The last values of a pod that is down are still there for a while.
  for (const { labels } of down) pods.lose(labels)
  return pods.all
}

/** The pods by their labels. */
class Pods {
  readonly #byTarget = new Map<string, MutableStatus>()
  readonly #configs = new Map<string, string>()

  get all(): PodStatus[] {
    return Array.from(this.#byTarget.values()).toSorted((a, b) => (a.pod < b.pod ? -1 : a.pod > b.pod ? 1 : 0))
  }

  at(labels: Sample['labels']): MutableStatus {
    const pod = labels['pod'] ?? labels['instance'] ?? 'unknown pod'
    const target = JSON.stringify([labels['namespace'], pod])
    this.#checkConfig(target, pod, labels['config'])
    const known = this.#byTarget.get(target)
    if (known) return known
    const status = { pod, digest: null, loadedAt: null, status: 'unknown', canary: null, guard: null } as const
    const created: MutableStatus = { ...status }
    this.#byTarget.set(target, created)
    return created
  }

  run(labels: Sample['labels']): void {
    const pod = this.at(labels)
    pod.digest = labels['digest'] ?? null
    pod.status = 'pass'
  }

  lose(labels: Sample['labels']): void {
    const pod = this.at(labels)
    pod.digest = null
    pod.status = 'unknown'
    pod.problem = 'can not be scraped by Prometheus'
  }

  /** @throws {UsageError} when a pod has several configurations, which can't be compared with each other */
  #checkConfig(target: string, pod: string, config: string | undefined): void {
    // `up` is of the pod, and not of one of its configurations
    if (config === undefined) return
    const other = this.#configs.get(target) ?? config
    if (other !== config) {
      throw new UsageError(`${pod} has the configurations ${other} and ${config}: choose one, as -l config=${config}`)
    }
    this.#configs.set(target, config)
  }
}
