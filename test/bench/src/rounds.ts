/** Set by `npm run bench -- --quick`. */
const IS_QUICK = process.env['BENCH_QUICK'] === '1'

/** How often something is measured. A quick run has fewer samples, and so wider ranges, of the same rows. */
export function rounds(usual: number, quick: number): number {
  return IS_QUICK ? quick : usual
}
