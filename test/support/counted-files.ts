import type { randomNumbers } from './random-numbers.ts'

type Random = ReturnType<typeof randomNumbers>

/** How many files of an update have names of their own, mostly a few. */
const COUNTS = [0, 0, 1, 2, 5, 10, 30, 190]

/** Sizes around those at which files are read in another way: 4 KiB at a time, 64 KiB at a time, in a worker. */
const PADS = [0, 0, 0, 0, 0, 10, 300, 4_000, 4_096, 65_400, 65_536]

/** What one file of an update holds. */
interface Counted {
  /** The start of the name of the file. */
  readonly start: string
  /** The number of the update. */
  readonly n: number
  /** How many files the update has. */
  readonly of: number
}

/**
 * The files of one update, all with the same counter. How many there are, their names, folders and sizes differ from
 * update to update.
 *
 * @param always how many of them, `a0.json` and so on, are in every update
 * @param start of the names of the others
 */
export function countedFiles(random: Random, n: number, always: number, start = 'k'): Record<string, string> {
  const count = random((COUNTS[random(COUNTS.length)] ?? 0) + 1)
  const first = random(5)
  const names = [
    ...Array.from({ length: always }, (_, index) => `a${index}`),
    ...Array.from({ length: count }, (_, index) => `${'f1/f2/'.slice(0, 3 * random(3))}${start}${first + index}`),
  ]
  const padded = random(names.length + 1)
  return Object.fromEntries(
    names.map((name, index) => {
      const pad = 'x'.repeat(random(4) + (index === padded ? (PADS[random(PADS.length)] ?? 0) : 0))
      const held = { start: start === 'k' ? '' : start, n, of: names.length, pad }
      return [`${name}.json`, JSON.stringify({ [name.replace(/.*\//, '')]: held })]
    }),
  )
}

/**
 * A schema that only accepts whole updates: of one volume, or of several whose files have other starts of names.
 *
 * @param always how many files are read, where that is only a choice of them
 * @returns the numbers of the updates, by these starts
 */
export function wholeUpdates(always?: number): (input: Record<string, unknown>) => Record<string, number> {
  // Without anything from outside, so that its text can be run in another process.
  const filesIn = (tree: object): Counted[] =>
    Object.values(tree).flatMap((part: object) => ('of' in part ? [part as Counted] : filesIn(part)))
  return (input) => {
    const found: Record<string, Counted[]> = {}
    for (const file of filesIn(input)) (found[file.start || 'n'] ??= []).push(file)
    return Object.fromEntries(
      Object.entries(found).map(([start, files]) => {
        const counters = new Set(files.map(({ n }) => n))
        const { n = NaN, of = NaN } = files[0] ?? {}
        if (counters.size === 1 && files.length === (always ?? of)) return [start, n]
        throw new Error(`torn: ${files.length} of ${of} files, of the updates ${[...counters].join(', ')}`)
      }),
    )
  }
}
