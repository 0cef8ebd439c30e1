import { inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import { holdBack } from './hold-back.js'
import { share } from './share.js'
import type { Snapshot } from './snapshot.js'

/** A valid value that is ready to replace a snapshot. */
export interface NextValue<T> {
  /**
   * The frozen value, which shares all unchanged parts with the snapshot. It is the snapshot's own value when nothing
   * changed.
   */
  readonly value: DeepReadonly<T>
  /** The paths with a change that waits for a restart. The value has the running values there. */
  readonly pendingRestart: readonly string[]
}

/** The snapshots that a value shares unchanged parts with. */
export interface Before<T> {
  readonly running: Snapshot<T> | undefined
  /** What the guard may bring back. Parts that are equal in it are unchanged then as well. */
  readonly proven: Snapshot<T> | undefined
}

/**
 * Prepares a valid value to replace a snapshot. It shares the unchanged parts, and keeps the running values at paths
 * that can't change while the process runs.
 *
 * @param isOwn whether this pipeline created the frozen parts of the value, so that they need no copy
 * @throws {TreeError} when the value nests too deep or contains a cycle
 */
export function* nextValue<T>(
  { running, proven }: Before<T>,
  value: unknown,
  isOwn: boolean,
  restartRequired: PathPatterns,
): Walk<NextValue<T>> {
  const known = proven ? yield* share(proven.value, value, isOwn) : value
  const shared = (yield* share(running?.value, known, isOwn || proven !== undefined)) as DeepReadonly<T>
  if (!running || restartRequired.isEmpty) return { value: shared, pendingRestart: [] }
  const { value: kept, held } = yield* holdBack(running.value, shared, (path) => restartRequired.covers(path))
  if (held.length === 0) return { value: shared, pendingRestart: [] }
  return { value: (yield* share(running.value, kept, true)) as DeepReadonly<T>, pendingRestart: held }
}

/**
 * Does the same as {@link nextValue} in slices. When an older update is swapped in between two slices, it starts again
 * with that snapshot. Otherwise the value would share parts with the wrong snapshot.
 *
 * @throws the reason of `signal`
 */
export async function nextValueInSlices<T>(
  before: () => Before<T>,
  value: unknown,
  isOwn: boolean,
  restartRequired: PathPatterns,
  signal: AbortSignal,
): Promise<NextValue<T>> {
  for (;;) {
    const start = before()
    const next = await inSlices(nextValue(start, value, isOwn, restartRequired), signal)
    signal.throwIfAborted()
    if (before().running === start.running) return next
  }
}
