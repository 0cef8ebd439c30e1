import type { Cluster } from './cluster.js'
import { kubectlCluster } from './kubectl-cluster.js'
import { isInPod, podCluster } from './pod-cluster.js'

/**
 * The API server: as the service account in a pod, elsewhere as the user of the kubeconfig.
 *
 * @param context one of the kubeconfig, also in a pod
 * @throws {UsageError} when there is no access to a cluster
 */
export function openCluster(context: string | undefined): Promise<Cluster> {
  return isInPod() && context === undefined ? podCluster() : kubectlCluster(context)
}
