import type { ApiObject } from './api-object.js'
import { ClusterError, askFor } from './cluster-error.js'
import type { Cluster } from './cluster.js'

/** Names an object of the API. */
export interface ObjectReference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly namespace: string
}

const RESOURCES = { ConfigMap: 'configmaps', Secret: 'secrets' } as const

/**
 * Reads a ConfigMap or Secret.
 *
 * @returns `undefined` when the namespace has none
 * @throws {ClusterError} when it can't be read, and when the namespace does not exist
 */
export async function readObject(cluster: Cluster, reference: ObjectReference): Promise<ApiObject | undefined> {
  const { kind, name, namespace } = reference
  const resource = RESOURCES[kind]
  const purpose = { failure: `${kind} ${name} can't be read`, verb: 'get', resource, namespace }
  const path = `${pathOf(namespace)}/${resource}/${encodeURIComponent(name)}`
  const { status, body } = await askFor(purpose, () => cluster.get(path), [404])
  if (status !== 404) return JSON.parse(body) as ApiObject
  await checkNamespace(cluster, namespace)
  return undefined
}

/** A name that is written wrong looks like an empty namespace. Who may not read namespaces gets no error for it. */
async function checkNamespace(cluster: Cluster, namespace: string): Promise<void> {
  const answer = await cluster.get(pathOf(namespace)).catch(() => undefined)
  if (answer?.status !== 404) return
  throw new ClusterError(`there is no namespace ${namespace}: choose one with -n`, { mayPass: false })
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}`
}
