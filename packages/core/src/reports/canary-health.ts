import type { Redactor } from '../secrets/redactor.js'
import { refusalOf } from '../updates/state.js'
import type { State } from '../updates/state.js'
import type { SourceState } from '../sources/source-set.js'

/** A canary, as this process sees it. */
export interface CanaryHealth {
  /** The part of the processes that serve it, from 0 to 1. */
  readonly share: number
  /** Whether this process is one of them. */
  readonly chosen: boolean
  /**
   * - `serving`: this process serves it.
   * - `waiting`: it does not, because it was not chosen or the update is still being prepared.
   * - `refused`: it was rejected, or can't be read. The stable content is served.
   * - `taken-back`: the guard took it back. The stable content is served.
   */
  readonly state: 'serving' | 'waiting' | 'refused' | 'taken-back'
  /** The same in every process with the same canary. `null` when it can't be read. With secrets it differs. */
  readonly digest: string | null
}

type CanaryState = Pick<State<unknown>, 'canary' | 'origin' | 'refusals'>

export function canaryHealth(
  state: CanaryState,
  sources: readonly SourceState[],
  redactor: Redactor,
): CanaryHealth | null {
  const { canary } = state
  if (!canary) return null
  const { share, chosen, digest, source, isSecret } = canary
  const reader = sources.find(({ reading }) => reading?.canary)?.name
  const name = isSecret ? source : (reader ?? source)
  const shown = digest === undefined ? null : redactor.revision(name, { revision: digest })
  return { share, chosen, state: canaryStateOf(state), digest: shown }
}

function canaryStateOf({ canary, origin, refusals }: CanaryState): CanaryHealth['state'] {
  const refusal = refusalOf({ canary, refusals })
  if (refusal) return refusal.type
  if (canary?.digest === undefined) return 'refused'
  return canary.digest === origin?.canary ? 'serving' : 'waiting'
}
