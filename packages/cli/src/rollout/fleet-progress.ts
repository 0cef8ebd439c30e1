import type { PodStatus } from '../status/pods.js'

/** How the pods follow a step of a rollout. */
export interface Progress {
  /** Whether all pods know the share, and all that are chosen serve the canary. */
  readonly isServed: boolean
  /** Whether a guard still watches it. */
  readonly isBaking: boolean
  readonly chosen: number
  readonly serving: number
  /** Why it is not served yet, for one pod. */
  readonly waitingFor: string | undefined
}

/** The pod that does not accept its configuration, and why. */
export function rejectionIn(pods: readonly PodStatus[]): string | undefined {
  const bad = pods.find(({ rejection, canary }) => {
    return rejection !== undefined || canary?.state === 'refused' || canary?.state === 'taken-back'
  })
  if (!bad) return undefined
  const what = bad.canary?.state === 'taken-back' ? 'took the canary back' : 'rejects its configuration'
  return `${bad.pod} ${what}: ${bad.rejection ?? 'it does not say why'}`
}

/** Why pods are not ready for a canary: one can't be asked, or still knows an earlier canary. */
export function notReadyIn(pods: readonly PodStatus[]): string | undefined {
  return firstOf(pods, ({ canary }) => (canary ? 'still knows another canary' : undefined))
}

/** @param percent the share of the step */
export function progressOf(pods: readonly PodStatus[], percent: number): Progress {
  const chosen = pods.filter(({ canary }) => canary?.chosen)
  const serving = chosen.filter(({ canary }) => canary?.state === 'serving')
  const waitingFor = firstOf(pods, ({ canary }) => {
    if (!canary) return 'does not know the canary: does it read one by withCanary()?'
    if (Math.abs(canary.share * 100 - percent) > 1e-9) return 'does not know the new share'
    return canary.chosen && canary.state !== 'serving' ? 'does not serve the canary' : undefined
  })
  return {
    isServed: pods.length > 0 && waitingFor === undefined,
    isBaking: serving.some(({ guard }) => guard?.state === 'baking'),
    chosen: chosen.length,
    serving: serving.length,
    waitingFor,
  }
}

function firstOf(pods: readonly PodStatus[], problemOf: (pod: PodStatus) => string | undefined): string | undefined {
  if (pods.length === 0) return 'there are no pods with these labels'
  for (const pod of pods) {
    const problem = pod.status === 'unknown' ? (pod.problem ?? 'can not be asked') : problemOf(pod)
    if (problem !== undefined) return `${pod.pod} ${problem}`
  }
  return undefined
}
