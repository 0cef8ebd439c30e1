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
  /** The digest of all pods without a canary, once they agree. When all pods serve a canary, it is theirs. */
  readonly digest: string | null
  /** The digest of all pods that serve a canary, once they agree. */
  readonly canaryDigest: string | null
  readonly pods: readonly PodStatus[]
}

/** @param after a digest from before the change, which does not count */
export function fleetOf(pods: readonly PodStatus[], after: string | undefined): Fleet {
  const canaries = pods.filter(servesCanary)
  const others = pods.filter((pod) => !servesCanary(pod))
  const canaryDigest = commonDigest(canaries)
  const digest = others.length > 0 ? commonDigest(others) : canaryDigest
  if (pods.some(({ rejection }) => rejection !== undefined)) {
    return { state: 'rejected', digest: null, canaryDigest: null, pods }
  }
  const agree = digest !== null && (canaries.length === 0 || canaryDigest !== null)
  const settled = pods.every(({ status, canary }) => {
    const isLate = canary?.chosen === true && canary.state === 'waiting'
    return (status === 'pass' || status === 'warn') && !isLate
  })
  return { state: agree && settled && digest !== after ? 'converged' : 'waiting', digest, canaryDigest, pods }
}

function servesCanary({ canary }: PodStatus): boolean {
  return canary?.state === 'serving'
}

function commonDigest(pods: readonly PodStatus[]): string | null {
  const digests = new Set(pods.map(({ digest }) => digest))
  const [first = null] = digests
  return digests.size === 1 ? first : null
}

/** A screen for any number of pods: how many run what, and those with a problem. */
export function formatFleet({ pods }: Fleet, { bold, red, yellow, dim }: Colors): string {
  if (pods.length === 0) return 'no pods: check the namespace and the labels'
  const groups = new Map<string, PodStatus[]>()
  for (const pod of pods) {
    const key = JSON.stringify([pod.digest, ...statesOf(pod)])
    groups.set(key, [...(groups.get(key) ?? []), pod])
  }
  const bySize = Array.from(groups.values()).toSorted((a, b) => b.length - a.length)
  const summaries = bySize.map((members) => {
    const [first] = members as [PodStatus]
    const since = latest(members.map(({ loadedAt }) => loadedAt))
    const count = `${members.length} of ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}`
    const what = first.digest === null ? yellow('no known configuration') : bold(printable(first.digest))
    const states = statesOf(first).map((state) => `, ${printable(state)}`)
    const until = latest(members.map(({ guard }) => guard?.until))
    const times = [
      ...(since === undefined ? [] : [`, the last since ${printable(since)}`]),
      ...(until === undefined ? [] : [`, the last bakes until ${printable(until)}`]),
    ]
    return `${count}: ${what}${states.join('')}${dim(times.join(''))}`
  })
  // Where not all fit, those that reject an update come first, and then those that run something rare.
  const faulty = bySize
    .toReversed()
    .flat()
    .filter(({ rejection, problem }) => rejection ?? problem)
    .toSorted((a, b) => Number(a.rejection === undefined) - Number(b.rejection === undefined))
  const lines = faulty
    .slice(0, MAX_LISTED)
    .flatMap(({ pod, rejection, problem }) => [
      ...(rejection === undefined ? [] : [`${pod} ${red('rejects an update:')} ${printable(rejection)}`]),
      ...(problem === undefined ? [] : [`${pod} ${yellow(printable(problem))}`]),
    ])
  const more = faulty.length - MAX_LISTED
  return [...summaries, ...lines, ...(more > 0 ? [`and ${more} more pods`] : [])].join('\n')
}

/** The states of the canary and of the guard, as pods with the same ones are counted together. */
function statesOf({ canary, guard }: PodStatus): string[] {
  return [
    ...(canary ? [`canary of ${percentOf(canary.share)} ${canary.chosen ? canary.state : 'not chosen'}`] : []),
    ...(guard ? [`guard ${guard.state}`] : []),
  ]
}

/** A share of 0 to 1 as a percentage, without the noise of binary fractions. */
function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(10))} %`
}

function latest(times: readonly (string | null | undefined)[]): string | undefined {
  return times
    .flatMap((time) => time ?? [])
    .toSorted()
    .at(-1)
}
