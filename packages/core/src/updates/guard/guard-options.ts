import { nested } from '../../errors/option-checks.js'
import type { OptionReader, OptionsOf, TableOf } from '../../errors/option-checks.js'
import { optionKind, optionalFunction, positiveMilliseconds } from '../../errors/option-kinds.js'

/** How many requests ended since an update, and how many of them with a status of 500 or above. */
export interface GuardedRequests {
  readonly total: number
  readonly failed: number
}

/** The argument of the guard's own check. */
export interface GuardCheckContext<T = unknown> {
  /** The value that is served, and is watched. */
  readonly current: T
  /** The value that comes back when the check throws. */
  readonly previous: T
  /** The requests that an adapter counted for `current`. */
  readonly requests: GuardedRequests
  /** Aborts after 10 s, when a newer update is served, and on `close()`. */
  readonly signal: AbortSignal
}

/** Watches each update for a while, and takes it back when a limit is broken. */
export interface GuardOptions {
  /** How long an update is watched, in milliseconds. Default 120,000. */
  readonly bakeMs?: number | undefined
  /** The highest share of answers of 500 and above, from 0 to 1, as the adapters count them. Default 0.05. */
  readonly maxErrorRate?: number | undefined
  /** How many requests it takes to judge the share of errors. Default 50. */
  readonly minRequests?: number | undefined
  /** The longest delay of the event loop, at the 99th percentile, in milliseconds. Default: not measured. */
  readonly maxEventLoopDelayMs?: number | undefined
  /** A check of your own, called at each interval. It may be async, and takes the update back by throwing. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the type of the value is inferred from the schema elsewhere
  readonly check?: ((context: GuardCheckContext<any>) => unknown) | undefined
  /** How often the limits are checked and the check is called, in milliseconds. Default 5,000. */
  readonly intervalMs?: number | undefined
}

const share = optionKind<number>(
  'a number from 0 to 1, such as 0.05',
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
)

const count = optionKind<number>(
  'a whole number above 0, such as 50',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
)

/** The table of {@link GuardOptions}. */
const GUARD_OPTIONS: TableOf<GuardOptions, 'bakeMs' | 'maxErrorRate' | 'minRequests' | 'intervalMs'> = {
  bakeMs: positiveMilliseconds(120_000),
  maxErrorRate: share(0.05),
  minRequests: count(50),
  maxEventLoopDelayMs: positiveMilliseconds(),
  check: optionalFunction<NonNullable<GuardOptions['check']>>(),
  intervalMs: positiveMilliseconds(5_000),
}

export type GuardSettings = OptionsOf<typeof GUARD_OPTIONS>

/** Reads the option `guard`. */
export const guardOption: OptionReader<GuardSettings | undefined> = nested(GUARD_OPTIONS)
