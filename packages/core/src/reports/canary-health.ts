import { nameOf } from '../layers/entry.js'
import type { Part } from '../layers/part.js'
import type { Redactor } from '../secrets/redactor.js'
import { digestOf } from '../snapshots/digest.js'
import { refusalOf } from '../updates/state.js'
import type { Canary, Origin, State } from '../updates/state.js'

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
  /**
   * The same in every process with the same canary, and without what is secret by its name or its mark. `null` when the
   * canary can't be read. For one that is a Secret or can't be parsed, it differs in each process.
   */
  readonly digest: string | null
}

type CanaryState = Pick<State<unknown>, 'canary' | 'origin' | 'refusals'>

export function canaryHealth(state: CanaryState, redactor: Redactor): CanaryHealth | null {
  const { canary } = state
  if (!canary) return null
  const { share, chosen } = canary
  return { share, chosen, state: canaryStateOf(state), digest: shownDigest(canary, state.origin, redactor) }
}

/** The digests that were computed last, with the layers that were served then. */
const computed = new WeakMap<readonly Part[], { readonly layers: unknown; readonly digest: string }>()

function shownDigest({ source, digest, parts }: Canary, origin: Origin | undefined, redactor: Redactor): string | null {
  if (digest === undefined) return null
  // No layer has this name, so it is replaced as that of a source with secrets.
  if (!parts || parts.some(isSecret)) return redactor.revision(`canary ${source}`, { revision: digest })
  const layers = origin?.layers ?? []
  const known = computed.get(parts)
  if (known?.layers === layers) return known.digest
  const shown = parts.map(({ entry, tree }) => [nameOf(entry), redactor.withoutSecretPaths(tree, layers)] as const)
  const isOpen = shown.every(([, tree], index) => tree === parts[index]?.tree)
  const result = isOpen ? digest : digestOf(shown)
  computed.set(parts, { layers, digest: result })
  return result
}

/** Whether all of it may be secret: an entry of a Secret, or a document that was read as text. */
function isSecret({ entry, hint }: Part): boolean {
  return entry.secret === true || hint !== undefined
}

function canaryStateOf({ canary, origin, refusals }: CanaryState): CanaryHealth['state'] {
  const refusal = refusalOf({ canary, refusals })
  if (refusal) return refusal.type
  if (canary?.digest === undefined) return 'refused'
  return canary.digest === origin?.canary ? 'serving' : 'waiting'
}
