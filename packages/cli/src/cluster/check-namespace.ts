import { ClusterError } from './cluster-error.js'
import type { Cluster } from './cluster.js'

/**
 * Checks that a namespace exists in which nothing was found: one whose name is wrong looks like an empty one. It is no
 * error when the namespace may not be read.
 *
 * @throws {ClusterError} when it does not exist
 */
export async function checkNamespace(cluster: Cluster, namespace: string): Promise<void> {
  const answer = await cluster.get(namespacePath(namespace)).catch(() => undefined)
  if (answer?.status !== 404) return
  throw new ClusterError(`there is no namespace ${namespace}: choose one with -n`, { mayPass: false })
}

/** The path of a namespace in the API. */
export function namespacePath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}`
}
