import { inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import { holdBack } from './hold-back.js'
import { share } from './share.js'
import type { Snapshot } from './snapshot.js'

/** A valid value, made ready to follow a snapshot. */
export interface NextValue<T> {
  /** Frozen, with every part that did not change. The very value of the snapshot when nothing did. */
  readonly value: DeepReadonly<T>
  /** The paths at which the running value was kept, since a change there waits for a restart. */
  readonly pendingRestart: readonly string[]
}

/**
 * Makes a valid value ready to follow a snapshot: shares what did not change and keeps what can't change while the process
 * runs.
 *
 * @param isOwn whether the frozen parts of the value were made by this pipeline, and so need no copy
 * @throws {TreeError} when it nests too deep or holds a cycle
 */
export function* nextValue<T>(
  running: Snapshot<T> | undefined,
  value: unknown,
  isOwn: boolean,
  restartRequired: PathPatterns,
): Walk<NextValue<T>> {
  const shared = (yield* share(running?.value, value, isOwn)) as DeepReadonly<T>
  if (!running || restartRequired.isEmpty) return { value: shared, pendingRestart: [] }
  const { value: kept, held } = yield* holdBack(running.value, shared, (path) => restartRequired.covers(path))
  return { value: (yield* share(running.value, kept, true)) as DeepReadonly<T>, pendingRestart: held }
}

/**
 * The same in slices. An older update may be swapped in between two slices: then the value is made ready again, for that
 * snapshot. It would share the wrong parts otherwise.
 *
 * @throws the reason of `signal`
 */
export async function nextValueInSlices<T>(
  running: () => Snapshot<T> | undefined,
  value: unknown,
  isOwn: boolean,
  restartRequired: PathPatterns,
  signal: AbortSignal,
): Promise<NextValue<T>> {
  for (;;) {
    const before = running()
    const next = await inSlices(nextValue(before, value, isOwn, restartRequired), signal)
    signal.throwIfAborted()
    if (running() === before) return next
  }
}
