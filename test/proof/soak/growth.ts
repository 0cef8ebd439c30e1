/** One measurement, after some seconds. */
export interface Point {
  readonly atS: number
  readonly value: number
}

/**
 * How much something grows within the second half of a run, by the median of the slopes between all pairs of
 * measurements (Theil and Sen): single peaks don't count.
 */
export function growthOf(points: readonly Point[]): number {
  const later = points.slice(Math.floor(points.length / 2))
  const slopes = later.flatMap((from, index) =>
    later.slice(index + 1).map((to) => (to.value - from.value) / (to.atS - from.atS)),
  )
  const sorted = slopes.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return median * ((later.at(-1)?.atS ?? 0) - (later[0]?.atS ?? 0))
}
