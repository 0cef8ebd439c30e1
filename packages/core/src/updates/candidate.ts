import { inSlices } from '../async/slices.js'
import type { Layer } from '../layers/layer.js'
import { nextValueInSlices } from '../snapshots/next-value.js'
import type { Before, NextValue } from '../snapshots/next-value.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import type { Validator } from '../schemas/validator.js'
import { validateLayers } from './validate-layers.js'
import type { ValidationParts } from './validate-layers.js'
import type { Origin, State } from './state.js'
import type { Stopwatch } from './stopwatch.js'

interface CandidateParts extends ValidationParts {
  readonly restartRequired: PathPatterns
}

/** What a candidate is made by, and compared with. */
interface Now<T> {
  readonly validator: Validator
  readonly state: State<T>
  readonly before: () => Before<T>
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
  { validator, state, before }: Now<T>,
  parts: CandidateParts,
  stopwatch: Stopwatch,
): Promise<Candidate<T>> {
  const { redactor, restartRequired, signal } = parts
  const { value, ...found } = await stopwatch.measure('validate', async () => {
    await inSlices(redactor.read(layers), signal)
    const { snapshot, origin, rejected } = state
    const base = rejected ? undefined : origin
    // Where a change waits for a restart, the value that is served is not what its tree was validated to.
    const isJudged = base?.pendingRestart.length === 0
    const judged = isJudged ? { tree: base.tree, value: snapshot?.value } : undefined
    return validateLayers(layers, base && { tree: base.tree, judged }, validator, parts)
  })
  const isOwn = value === found.tree || validator.isUnordered === true
  const next = await nextValueInSlices(before, value, isOwn, restartRequired, signal)
  return { next, ...found, pendingRestart: redactor.paths(next.pendingRestart) }
}
