/** What a ratio, or a count, has to keep to. */
export interface Goal {
  readonly atMost?: number
  readonly atLeast?: number
}

/** Where the middle 80 % of the samples lie. */
interface Spread {
  readonly samples: number
  readonly p10: number
  readonly p90: number
}

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly unit: string
  /** The median of the samples, or what was counted. */
  readonly value: number
  /** Nothing for a count. */
  readonly spread?: Spread
  readonly against?: string
  /** What it is compared with: the median, in the same unit, and its spread. */
  readonly floor?: Spread & { readonly median: number }
  /** The value divided by the floor's median. */
  readonly ratio?: number
  readonly goal?: Goal
  /** Whether the ratio, or the count, keeps to the goal. */
  readonly isMet?: boolean
}

/** A part of the samples lies below, such as 0.99 of them. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/**
 * Compares medians of samples that were taken in turns, so that what the machine does meanwhile meets both.
 *
 * @param against what the floors are samples of
 * @param goal for the ratio
 * @throws {Error} when there is nothing to compare
 */
export function compare(
  what: string,
  samples: readonly number[],
  against: string,
  floors: readonly number[],
  unit: string,
  goal?: Goal,
): Row {
  for (const [name, values] of [
    [what, samples],
    [against, floors],
  ] as const) {
    if (values.length === 0 || !values.every(Number.isFinite)) throw new Error(`${name}: not measured`)
  }
  const floor = { median: median(floors), ...spreadOf(floors) }
  const value = median(samples)
  const ratio = value / floor.median
  return { what, unit, value, spread: spreadOf(samples), against, floor, ratio, ...judge(ratio, goal) }
}

/**
 * A single figure: how often something happened, or a figure computed from samples.
 *
 * @param against what it is to be seen against, such as `of 10,000 swaps`
 * @throws {Error} when it is no number
 */
export function count(what: string, value: number, unit: string, goal?: Goal, against?: string): Row {
  if (!Number.isFinite(value)) throw new Error(`${what}: not measured`)
  return { what, unit, value, ...(against !== undefined && { against }), ...judge(value, goal) }
}

function spreadOf(samples: readonly number[]): Spread {
  return { samples: samples.length, p10: quantile(samples, 0.1), p90: quantile(samples, 0.9) }
}

function judge(value: number, goal: Goal | undefined): Pick<Row, 'goal' | 'isMet'> {
  if (!goal) return {}
  const { atMost = Infinity, atLeast = -Infinity } = goal
  return { goal, isMet: value <= atMost && value >= atLeast }
}
