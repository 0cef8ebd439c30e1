import { writeFileSync } from 'node:fs'

/** One comparison: medians of interleaved samples, and their ratio. */
export interface Row {
  readonly what: string
  readonly against: string
  readonly unit: string
  readonly median: number
  readonly floor: number
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly goal?: string
  readonly samples: number
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Compares samples that were taken in turns, so that what the machine does meanwhile meets both. */
export function compare(
  what: string,
  samples: readonly number[],
  against: string,
  floors: readonly number[],
  unit: string,
  goal?: string,
): Row {
  const [median, floor] = [quantile(samples, 0.5), quantile(floors, 0.5)]
  const [low, high] = [quantile(samples, 0.1), quantile(samples, 0.9)]
  const count = samples.length
  return { what, against, unit, median, floor, ratio: median / floor, low, high, samples: count, ...(goal && { goal }) }
}

/** Leaves the rows for the table. */
export function report(name: string, rows: readonly Row[]): void {
  writeFileSync(new URL(`.${name}.json`, import.meta.url), JSON.stringify(rows))
}
