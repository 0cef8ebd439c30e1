import type { DeepReadonly } from '../trees/deep-readonly.js'
import { holdBack } from './hold-back.js'
import type { PathPatterns } from '../trees/path-patterns.js'
import { share } from './share.js'
import { inSlices } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { whenThere } from '../async/soon.js'
import type { Soon } from '../async/soon.js'
import type { Snapshot } from './snapshot.js'

/** A value as it may follow a snapshot. */
export interface Fitted<T> {
  /** The snapshot it fits; nothing for the first. After another it would share the wrong parts. */
  readonly follows: Snapshot<T> | undefined
  /** Frozen, with every part that did not change. The very value of the snapshot when nothing did. */
  readonly value: DeepReadonly<T>
  /** The paths at which the running value was kept. */
  readonly held: readonly string[]
}

/**
 * Makes a valid value fit to follow a snapshot.
 *
 * @param isOwn whether what is frozen in it was taken over, and so needs no copy
 * @throws {TreeError} when it nests too deep or holds a cycle
 */
export function* fit<T>(
  running: Snapshot<T> | undefined,
  value: unknown,
  isOwn: boolean,
  restartRequired: PathPatterns,
): Walk<Fitted<T>> {
  const shared = (yield* share(running?.value, value, isOwn)) as DeepReadonly<T>
  if (!running || restartRequired.isEmpty) return { follows: running, value: shared, held: [] }
  const kept = yield* holdBack(running.value, shared, (path) => restartRequired.covers(path))
  return {
    follows: running,
    value: (yield* share(running.value, kept.value, true)) as DeepReadonly<T>,
    held: kept.held,
  }
}

/**
 * The same in slices. What runs may change meanwhile, since an older update that was being prepared may be taken: then
 * the value is fitted to that.
 *
 * @throws the reason of `signal`
 */
export function fitInSlices<T>(
  running: () => Snapshot<T> | undefined,
  value: unknown,
  isOwn: boolean,
  restartRequired: PathPatterns,
  signal: AbortSignal,
): Soon<Fitted<T>> {
  return whenThere(inSlices(fit(running(), value, isOwn, restartRequired), signal), (fitted) =>
    fitted.follows === running() ? fitted : fitInSlices(running, value, isOwn, restartRequired, signal),
  )
}
