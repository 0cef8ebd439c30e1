/** A time by `performance.now()`, on the clock that all processes of a machine share. Milliseconds. */
export function shared(time: number): number {
  return time + OFFSET
}

/** The first calls take milliseconds, so the quickest of some is taken. */
const OFFSET = Array.from({ length: 10 }, () => {
  const before = performance.now()
  const monotonic = Number(process.hrtime.bigint()) / 1e6
  const after = performance.now()
  return { offset: monotonic - (before + after) / 2, took: after - before }
}).reduce((best, sample) => (sample.took < best.took ? sample : best)).offset
