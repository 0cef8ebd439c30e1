import type { ApiObject } from '../cluster/api-object.js'

/** Has the state of a rollout, on its canary: whoever runs the same command goes on with it. */
const ANNOTATION = 'hot-config.dev/rollout'

/** How far a rollout is. */
export interface RolloutState {
  /** The digest of the manifest. */
  readonly from: string
  /** The `resourceVersion` of the stable ConfigMap when the rollout began. */
  readonly stable: string
  /** In percent. */
  readonly steps: readonly number[]
  /** The index of the step that the canary is at. */
  readonly step: number
  /** When this step began, in ISO 8601. */
  readonly since: string
}

/** The name of the canary of a ConfigMap. */
export function canaryNameOf(name: string): string {
  return `${name}-canary`
}

/** The state of the rollout that created a canary, `undefined` when something else created it. */
export function stateOf({ metadata }: ApiObject): RolloutState | undefined {
  try {
    const state = JSON.parse(metadata.annotations?.[ANNOTATION] ?? '') as RolloutState
    return Array.isArray(state.steps) && state.steps[state.step] !== undefined ? state : undefined
  } catch {
    return undefined
  }
}

export function annotationsOf(state: RolloutState): Record<string, string> {
  return { [ANNOTATION]: JSON.stringify(state) }
}

export function shareText(percent: number | undefined): string {
  return `${percent ?? 0}%`
}
