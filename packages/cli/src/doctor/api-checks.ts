import { messageOf } from '@hot-config/core/internal'

import type { Cluster } from '../cluster/cluster.js'
import { isInPod, podCluster } from '../cluster/pod-cluster.js'
import { UsageError } from '../usage-error.js'
import { ok, problem, warning } from './diagnosis.js'
import type { Diagnosis } from './diagnosis.js'

/** What configMap(), secret() and reportEvents() of the kubernetes package need. */
const RULES = [
  { verbs: ['list', 'watch'], resource: 'configmaps', for: 'configMap()' },
  { verbs: ['list', 'watch'], resource: 'secrets', for: 'secret()' },
  { verbs: ['create', 'patch'], resource: 'events', for: 'reportEvents()' },
] as const

/** How far the clocks may be apart before certificates and tokens fail, in milliseconds. */
const MAX_CLOCK_SKEW_MS = 60_000

/**
 * Checks what the service account of this pod may do, for reading ConfigMaps from the API.
 *
 * @param name the ConfigMap or Secret. Default: any of the namespace
 */
export async function apiChecks(name: string | undefined): Promise<Diagnosis[]> {
  if (!isInPod()) return [ok('api', 'not in a pod, so the access to the API was not checked')]
  let cluster: Cluster
  try {
    cluster = await podCluster()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return [warning('api', error.message, 'a mounted volume needs no service account')]
  }
  const reviews = RULES.flatMap((rule) => rule.verbs.map((verb) => ({ rule, verb })))
  try {
    const answers = await Promise.all(reviews.map(({ rule, verb }) => review(cluster, verb, rule.resource, name)))
    const date = answers[0]?.date
    const found = RULES.map((rule) => {
      const denied = reviews.flatMap((each, index) =>
        each.rule === rule && !answers[index]?.allowed ? [each.verb] : [],
      )
      if (denied.length === 0) return ok('api', `may ${rule.verbs.join(' and ')} ${rule.resource}: ${rule.for} works`)
      const message = `may not ${denied.join(' and ')} ${rule.resource} in namespace ${cluster.namespace}`
      return warning('api', message, `for ${rule.for}, bind a Role with these verbs to the service account`)
    })
    return [...found, ...(date ? [skewCheck(date)] : [])]
  } catch (error) {
    const message = `the API server does not answer: ${messageOf(error)}`
    return [problem('api', message, 'check NetworkPolicies of the pod. A mounted volume needs no API server')]
  }
}

interface Review {
  readonly allowed: boolean
  readonly date?: Date
}

async function review(cluster: Cluster, verb: string, resource: string, name: string | undefined): Promise<Review> {
  const isNamed = name !== undefined && resource !== 'events'
  const attributes = { namespace: cluster.namespace, verb, resource, ...(isNamed && { name }) }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const { status, body, date } = await cluster.send('POST', path, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: attributes },
  })
  if (status !== 201 && status !== 200) throw new Error(`it answered ${status} to a SelfSubjectAccessReview`)
  const answer = JSON.parse(body) as { status?: { allowed?: boolean } }
  return { allowed: answer.status?.allowed === true, ...(date && { date }) }
}

function skewCheck(date: Date): Diagnosis {
  const skew = Math.abs(date.getTime() - Date.now())
  if (skew <= MAX_CLOCK_SKEW_MS) return ok('clock', 'the clock agrees with that of the API server')
  const message = `the clock differs from that of the API server by ${Math.round(skew / 1000)} s`
  return warning('clock', message, 'synchronize the clocks of the nodes (NTP)')
}
