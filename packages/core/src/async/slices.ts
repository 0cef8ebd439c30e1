import { setImmediate } from 'node:timers/promises'

/**
 * Work that can pause wherever it yields, and does so after every few hundred values: often enough for slices of a
 * millisecond, so rarely that a small configuration is through before the first time.
 */
export type Walk<R> = Generator<undefined, R, undefined>

/** How long, in milliseconds, one turn of the event loop may be taken up. */
const SLICE_MS = 1

/** A value takes about a microsecond, so that many take a quarter of a slice. */
const VALUES_BETWEEN_PAUSES = 256

/** Counts the values that a walk goes over. */
export class Steps {
  #left = VALUES_BETWEEN_PAUSES

  /** Counts one more, or several that were gone over at once. @returns whether it is time to yield */
  isPauseDue(values = 1): boolean {
    this.#left -= values
    if (this.#left > 0) return false
    this.#left = VALUES_BETWEEN_PAUSES
    return true
  }
}

/** Does the work without a pause. */
export function atOnce<R>(walk: Walk<R>): R {
  let step = walk.next()
  while (!step.done) step = walk.next()
  return step.value
}

/**
 * Does the work in slices, between which everything else in the process gets its turn. Small work needs one slice.
 *
 * @throws the reason of `signal`
 */
export async function inSlices<R>(walk: Walk<R>, signal?: AbortSignal): Promise<R> {
  let step = advance(walk)
  while (!step.done) {
    await setImmediate()
    signal?.throwIfAborted()
    step = advance(walk)
  }
  return step.value
}

function advance<R>(walk: Walk<R>): IteratorResult<undefined, R> {
  let step = walk.next()
  if (step.done) return step
  // only now: what is small never looks at the clock
  const end = performance.now() + SLICE_MS
  while (!step.done && performance.now() < end) step = walk.next()
  return step
}
