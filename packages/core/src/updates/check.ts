import type { ReadResult } from '../sources/source-reader.js'
import type { CanaryReading } from '../sources/source.js'
import { Stopwatch } from './stopwatch.js'

/** One reading of all sources, taken as far as it goes. */
export interface Check {
  /** Newer checks have higher numbers. */
  readonly number: number
  readonly stopwatch: Stopwatch
  /** When the sources were last read, by this check or an earlier one, in milliseconds since the epoch. */
  readonly readAt: number | undefined
}

/** One variant of what a check read, on its way through the stages. */
export interface Attempt {
  readonly check: Check
  readonly results: readonly ReadResult[]
  /** Ends the measurement of the stage. */
  readonly stopRead: () => void
  /** The canary that is tried. */
  readonly canary?: CanaryReading | undefined
  /** Whether the guard takes an update back: no hook may veto that, and nothing delays it. */
  readonly takesBack?: boolean
  /** When it was saved by an earlier process, in ISO 8601, and not read from the sources. */
  readonly savedAt?: string
}

/** A canary that is not served, and why. */
export interface RefusedCanary {
  readonly canary: CanaryReading
  readonly error: unknown
}

/** Starts the check after `previous`. @param readAt when it reads the sources, if it does */
export function checkAfter(previous: Check | undefined, readAt: number | undefined = previous?.readAt): Check {
  return { number: (previous?.number ?? 0) + 1, stopwatch: new Stopwatch(), readAt }
}

/** An attempt with a value that comes from no source. */
export function withoutSources(check: Check): Attempt {
  return { check, results: [], stopRead: () => undefined }
}
