import { Stopwatch } from './stopwatch.js'

/** One reading of all sources, taken as far as it goes. */
export interface Check {
  /** Newer checks have higher numbers. */
  readonly number: number
  readonly stopwatch: Stopwatch
}

/** Starts the check after `previous`. */
export function checkAfter(previous: Check | undefined): Check {
  return { number: (previous?.number ?? 0) + 1, stopwatch: new Stopwatch() }
}
