import type { CanaryHealth, GuardHealth, HealthReport } from '@hot-config/core'
import { messageOf } from '@hot-config/core/internal'

import { checkNamespace, namespacePath } from '../cluster/check-namespace.js'
import { askFor } from '../cluster/cluster-error.js'
import type { Answer, Cluster } from '../cluster/cluster.js'
import { messageIn } from '../cluster/message-in.js'

/** Which pods are asked, and how. */
export interface PodQuery {
  readonly namespace: string
  readonly selector: string
  /** The path of the health report. */
  readonly path: string
  /** Name or number. Default: the port `http` of the pod, else its first port. */
  readonly port?: string
  /** How many pods are asked at once. */
  readonly concurrency: number
}

/** What one pod runs. */
export interface PodStatus {
  readonly pod: string
  /** `null` before the first valid configuration, and when the pod can't be asked. */
  readonly digest: string | null
  readonly loadedAt: string | null
  readonly status: HealthReport['status'] | 'unknown'
  /** The canary, as the pod sees it. `null` without one, and when the pod can't be asked. */
  readonly canary: CanaryHealth | null
  /** What the guard of the pod does. `null` without one, and when the pod can't be asked. */
  readonly guard: GuardHealth | null
  /** Why the newest update is not served. */
  readonly rejection?: string
  /** Why it can't be asked, or can't be updated. */
  readonly problem?: string
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly containers: readonly { readonly ports?: readonly ContainerPort[] }[] }
  readonly status?: { readonly phase?: string }
}

/** An older core has no canary and no guard. */
type AnyReport = Omit<HealthReport, 'canary' | 'guard'> & Partial<Pick<HealthReport, 'canary' | 'guard'>>

interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
}

/** Asks all pods for their health report. @throws {ClusterError} when the pods can't be listed */
export async function statusOfPods(cluster: Cluster, query: PodQuery): Promise<PodStatus[]> {
  const pods = await listPods(cluster, query)
  const found: PodStatus[] = []
  const next = pods.entries()
  const ask = async (): Promise<void> => {
    // the workers share one iterator, so that each pod is asked once
    for (const [index, pod] of next) found[index] = await statusOf(cluster, query, pod)
  }
  await Promise.all(Array.from({ length: Math.min(query.concurrency, pods.length) }, ask))
  return found
}

async function listPods(cluster: Cluster, { namespace, selector }: PodQuery): Promise<Pod[]> {
  const path = `${namespacePath(namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`
  const purpose = { failure: "the pods can't be listed", verb: 'list', resource: 'pods', namespace }
  const { body } = await askFor(purpose, () => cluster.get(path))
  const { items } = JSON.parse(body) as { items: Pod[] }
  if (items.length === 0) await checkNamespace(cluster, namespace)
  return items.filter(({ metadata, status: { phase = '' } = {} }) => {
    return metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed'
  })
}

async function statusOf(cluster: Cluster, query: PodQuery, pod: Pod): Promise<PodStatus> {
  const { name } = pod.metadata
  const unknown = { pod: name, digest: null, loadedAt: null, status: 'unknown', canary: null, guard: null } as const
  const phase = pod.status?.phase ?? 'Pending'
  if (phase !== 'Running') return { ...unknown, problem: `is ${phase}` }
  const port = portOf(pod, query.port)
  if (port === undefined && query.port !== undefined) {
    return { ...unknown, problem: `has no port with the name ${query.port}` }
  }
  const target = port === undefined ? name : `${name}:${port}`
  const path = `${namespacePath(query.namespace)}/pods/${target}/proxy${query.path}`
  try {
    const answer = await cluster.get(path)
    const report = reportIn(answer.body)
    if (report) return { pod: name, ...readReport(report) }
    return { ...unknown, problem: whyNoReport(answer, query.path) }
  } catch (error) {
    return { ...unknown, problem: messageOf(error) }
  }
}

/** @param wanted a name or a number. The proxy of the API server knows numbers only */
function portOf({ spec }: Pod, wanted: string | undefined): number | undefined {
  if (wanted !== undefined && /^\d+$/.test(wanted)) return Number(wanted)
  const ports = spec.containers.flatMap((container) => container.ports ?? [])
  const found = ports.find(({ name }) => name === (wanted ?? 'http'))
  return (found ?? (wanted === undefined ? ports[0] : undefined))?.containerPort
}

function reportIn(body: string): AnyReport | undefined {
  try {
    const report = JSON.parse(body) as Partial<AnyReport>
    // an error of the API has a status as well
    return Array.isArray(report.sources) && report.digest !== undefined ? (report as AnyReport) : undefined
  } catch {
    return undefined
  }
}

/** What a pod answers whose option `health.details` hides the report. */
const STATUS_ONLY = /^\s*\{\s*"status"\s*:\s*"(?:pass|warn|fail)"\s*\}\s*$/
/** What the API server answers when it did not ask the pod. */
const OF_SERVER = /^\s*\{\s*"kind"\s*:\s*"Status"/

function whyNoReport({ status, body }: Answer, path: string): string {
  if (STATUS_ONLY.test(body)) return `${path} shows only the status, because the option health.details hides the report`
  if (status === 200) return `${path} is no health report`
  const message = messageIn(body).trim()
  if (OF_SERVER.test(body)) return message
  return `${path} answers ${status}${message === '' ? '' : `: ${message}`}`
}

function readReport(report: AnyReport): Omit<PodStatus, 'pod'> {
  const { status, digest, loadedAt, lastRejection, canary = null, guard = null, sources } = report
  // a source without a warning never changes, and that is no fault
  const stuck = sources.filter(({ updatable, warnings }) => !updatable && warnings.length > 0)
  const warnings = stuck.flatMap((source) => [source.name, ...source.warnings].join(': '))
  return {
    digest,
    loadedAt,
    status,
    canary,
    guard,
    ...(lastRejection && { rejection: lastRejection.message }),
    ...(stuck.length > 0 && { problem: `can't be updated: ${warnings.join('; ')}` }),
  }
}
