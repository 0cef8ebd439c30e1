import { randomInt } from 'node:crypto'

import { it } from 'vitest'

import type { RequirementId } from '../requirements.ts'

/** What the report of `npm run proof` says of one search. */
interface ProofMeta {
  readonly proves: readonly RequirementId[]
  readonly unit: string
  readonly seed: number
  readonly size: number
  /** How many cases were tried. */
  cases: number
}

declare module 'vitest' {
  interface TaskMeta {
    proof?: ProofMeta
  }
}

interface ProofOptions {
  readonly proves: readonly [RequirementId, ...RequirementId[]]
  /** What is counted, such as `updates` or `seconds`. */
  readonly unit: string
  /** How many of them the suite tries: a few seconds, with the file at most 40. */
  readonly small: number
  /** How many of them `npm run proof` tries. */
  readonly large: number
  /** True where the machine lacks what it needs. */
  readonly isSkipped?: boolean
}

export interface Search {
  /** How much to try, in the unit of the options. */
  readonly size: number
  /** Everything random follows from it, so that a failure can be repeated. */
  readonly seed: number
  /** Adds to the number of cases that were tried. */
  count(cases?: number): void
}

/** What share of the large size is tried: set by `npm run proof`. */
const share = process.env['HOT_CONFIG_PROOF_SHARE']
const givenSeed = process.env['HOT_CONFIG_PROOF_SEED']

/** The suite always tries the same cases: whoever changes something else must not meet a new one. */
const SUITE_SEED = 649_888_525

const SMALL_LIMIT_MS = 120_000
const LARGE_LIMIT_MS = 4 * 3_600_000

/**
 * A search for a case that breaks a guarantee: a test whose size is chosen by who runs it. The suite runs it small,
 * `npm run proof` runs it large and reports how many cases were tried.
 */
export function proof(name: string, options: ProofOptions, run: (search: Search) => Promise<void>): void {
  const { proves, unit, small, large, isSkipped = false } = options
  const size = share === undefined ? small : Math.max(small, Math.ceil(large * Number(share)))
  const limit = share === undefined ? SMALL_LIMIT_MS : LARGE_LIMIT_MS
  it.skipIf(isSkipped)(name, { timeout: limit }, async ({ task }) => {
    const seed = Number(givenSeed ?? (share === undefined ? SUITE_SEED : randomInt(1, 2 ** 31)))
    const meta: ProofMeta = { proves, unit, seed, size, cases: 0 }
    task.meta.proof = meta
    try {
      await run({ size, seed, count: (cases = 1) => void (meta.cases += cases) })
    } catch (cause) {
      const failure = `failed with seed ${seed}: npm run proof -- --seed ${seed} -t ${JSON.stringify(name)}`
      // the report of all searches may be hours away
      if (share !== undefined) console.error(failure, cause)
      throw new Error(failure, { cause })
    }
  })
}
