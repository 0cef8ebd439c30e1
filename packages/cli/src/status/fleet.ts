import type { Colors } from '../colors.js'
import { printable } from '../printable.js'
import type { PodStatus } from './pods.js'

/** How many pods with a problem are listed. */
const MAX_LISTED = 20

/** - `converged`: all pods run the same. - `rejected`: a pod rejects the newest update. - `waiting`: neither. */
type FleetState = 'converged' | 'rejected' | 'waiting'

/** What all pods run. */
export interface Fleet {
  readonly state: FleetState
  /** The digest of all pods, once they agree. */
  readonly digest: string | null
  readonly pods: readonly PodStatus[]
}

/** @param after a digest from before the change, which does not count */
export function fleetOf(pods: readonly PodStatus[], after: string | undefined): Fleet {
  const digests = new Set(pods.map(({ digest }) => digest))
  const [first = null] = digests
  const agrees = digests.size === 1 && first !== null
  if (pods.some(({ rejection }) => rejection !== undefined)) return { state: 'rejected', digest: null, pods }
  const isDone = agrees && first !== after && pods.every(({ status }) => status === 'pass' || status === 'warn')
  return { state: isDone ? 'converged' : 'waiting', digest: agrees ? first : null, pods }
}

/** A screen for any number of pods: how many run what, and those with a problem. */
export function formatFleet({ pods }: Fleet, { bold, red, yellow, dim }: Colors): string {
  if (pods.length === 0) return 'no pods: check the namespace and the labels'
  const digests = new Map<string | null, PodStatus[]>()
  for (const pod of pods) digests.set(pod.digest, [...(digests.get(pod.digest) ?? []), pod])
  const groups = Array.from(digests)
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([digest, members]) => {
      const since = members
        .flatMap(({ loadedAt }) => loadedAt ?? [])
        .toSorted()
        .at(-1)
      const count = `${members.length} of ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}`
      const what = digest === null ? yellow('no known configuration') : bold(printable(digest))
      return `${count}: ${what}${since === undefined ? '' : dim(`, the last since ${printable(since)}`)}`
    })
  const faulty = pods.filter(({ rejection, problem }) => rejection ?? problem)
  const lines = faulty
    .slice(0, MAX_LISTED)
    .flatMap(({ pod, rejection, problem }) => [
      ...(rejection === undefined ? [] : [`${pod} ${red('rejects an update:')} ${printable(rejection)}`]),
      ...(problem === undefined ? [] : [`${pod} ${yellow(printable(problem))}`]),
    ])
  const more = faulty.length - MAX_LISTED
  return [...groups, ...lines, ...(more > 0 ? [`and ${more} more pods`] : [])].join('\n')
}
