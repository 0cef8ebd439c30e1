import { inSlices } from '../async/slices.js'
import { mergeLayers } from '../layers/layers.js'
import type { Layer } from '../layers/layer.js'
import { pinnedIn } from '../layers/pinned.js'
import { validate } from '../schemas/validate.js'
import type { UnknownPolicy, Validator } from '../schemas/validator.js'
import type { Redactor } from '../secrets/redactor.js'
import { nextValueInSlices } from '../snapshots/next-value.js'
import type { NextValue } from '../snapshots/next-value.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import type { Origin, State } from './state.js'
import type { Stopwatch } from './stopwatch.js'

interface CandidateParts<T> {
  readonly validator: Validator
  readonly redactor: Redactor
  readonly restartRequired: PathPatterns
  readonly unknown: UnknownPolicy
  readonly signal: AbortSignal
  readonly state: () => State<T>
}

/** A valid value that may follow the snapshot that serves, and what it was made from. */
interface Candidate<T> extends Omit<Origin, 'layers'> {
  readonly next: NextValue<T>
}

/**
 * The stages between the layers and the swap: merge, validate, share.
 *
 * @throws {ConfigError} with every problem
 * @throws the reason of `signal`
 */
export async function candidateOf<T>(
  layers: readonly Layer[],
  { validator, redactor, restartRequired, unknown, signal, state }: CandidateParts<T>,
  stopwatch: Stopwatch,
): Promise<Candidate<T>> {
  const { tree, ...found } = await stopwatch.measure('validate', async () => {
    const { snapshot, origin, rejected } = state()
    const base = rejected ? undefined : origin
    const merged = await mergeLayers(layers, base?.tree, redactor, signal)
    // Where a change waits for a restart, the value that is served is not what its tree was validated to.
    const previous = base?.pendingRestart.length === 0 ? { tree: base.tree, value: snapshot?.value } : undefined
    const subject = { tree: merged, layers, previous }
    const validated = await validate(validator, unknown, subject, redactor, signal)
    const pinned = new Set([...validated.pinnedByEnvironment, ...(await inSlices(pinnedIn(layers), signal))])
    return { ...validated, pinnedByEnvironment: Array.from(pinned), tree: merged }
  })
  const { value, warnings, overriders, pinnedByEnvironment } = found
  const running = (): State<T>['snapshot'] => state().snapshot
  const next = await nextValueInSlices(running, value, value === tree, restartRequired, signal)
  return {
    next,
    tree,
    warnings: [...redactor.issues(layers.flatMap((layer) => layer.warnings)), ...warnings],
    overriders,
    pinnedByEnvironment: redactor.paths(pinnedByEnvironment),
    pendingRestart: redactor.paths(next.pendingRestart),
  }
}
