import type { ApiObject } from './api-object.js'
import { checkNamespace, namespacePath } from './check-namespace.js'
import { askFor } from './cluster-error.js'
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
  const path = `${namespacePath(namespace)}/${resource}/${encodeURIComponent(name)}`
  const { status, body } = await askFor(purpose, () => cluster.get(path), [404])
  if (status !== 404) return JSON.parse(body) as ApiObject
  await checkNamespace(cluster, namespace)
  return undefined
}
