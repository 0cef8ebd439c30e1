import { differences } from '../trees/diff.js'
import type { Difference } from '../trees/diff.js'
import type { Issue } from '../errors/errors.js'
import { parsePath } from '../trees/path.js'
import type { Redactor } from '../secrets/redactor.js'
import type { StageDurations } from '../updates/reload.js'

export type HistoryEntry =
  | {
      readonly type: 'change'
      readonly at: string
      readonly version: number
      readonly digest: string
      /** What changed; values at redacted paths read `[redacted]`. */
      readonly differences: readonly Difference[]
      /** How long each stage took, in milliseconds. */
      readonly durations: StageDurations
    }
  | { readonly type: 'rejection'; readonly at: string; readonly message: string; readonly issues: readonly Issue[] }

/** How many are kept. */
export const KEPT = 20

/** The last changes and rejections. Snapshots share what did not change, so keeping them costs little. */
export class History {
  readonly #entries: (() => HistoryEntry)[] = []

  add(entry: () => HistoryEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > KEPT) this.#entries.shift()
  }

  /** Oldest first. Differences are found now, when somebody looks. */
  entries(): HistoryEntry[] {
    return this.#entries.map((entry) => entry())
  }
}

/** Where two values differ, as it may be shown. */
export function redactedDifferences(before: unknown, after: unknown, redactor: Redactor): Difference[] {
  return differences(before, after).map((difference) => {
    const path = parsePath(difference.path)
    return {
      path: difference.path,
      before: redactor.show(difference.before, path),
      after: redactor.show(difference.after, path),
    }
  })
}
