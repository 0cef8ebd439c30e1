import { setImmediate } from 'node:timers/promises'

/**
 * Work that can pause wherever it yields. It yields after every few hundred values: often enough for slices of a
 * millisecond, and so rarely that a small configuration is done before the first yield.
 */
export type Walk<R> = Generator<undefined, R, undefined>

/** The longest time of one slice, in milliseconds. The event loop is blocked during a slice. */
const SLICE_MS = 1

/** A value takes about a microsecond, so this number of values takes a quarter of a slice. */
const VALUES_BETWEEN_PAUSES = 256

/** Counts the values that a walk visits. */
export class Steps {
  #left = VALUES_BETWEEN_PAUSES

  /** Counts values where it can't yield. */
  count(values: number): void {
    this.#left -= values
  }

  /** Counts one value, or several. @returns whether it is time to yield */
  isPauseDue(values = 1): boolean {
    this.count(values)
    if (this.#left > 0) return false
    this.#left = VALUES_BETWEEN_PAUSES
    return true
  }
}

/**
 * Does the work without a pause.
 *
 * @param tookLong called when it took longer than a slice: then the event loop should turn before other work
 */
export function atOnce<R>(walk: Walk<R>, tookLong?: () => void): R {
  let step = walk.next()
  if (step.done) return step.value
  const end = performance.now() + SLICE_MS
  while (!step.done) step = walk.next()
  if (performance.now() > end) tookLong?.()
  return step.value
}

/**
 * Does the work in slices. Between slices, the event loop runs other work. Small work needs only one slice.
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
  // Not earlier: small work never reads the clock.
  const end = performance.now() + SLICE_MS
  while (!step.done && performance.now() < end) step = walk.next()
  return step
}
