import type { Issue } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
import { differences } from '../trees/diff.js'
import type { Difference } from '../trees/diff.js'
import { parsePath } from '../trees/path.js'
import { isRepeated } from '../updates/state.js'
import type { Step } from '../updates/state.js'
import type { StageDurations } from '../updates/stopwatch.js'

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

const HISTORY_LENGTH = 20

/** The last changes and rejections. Snapshots share what did not change, so keeping them costs little. */
export class History {
  readonly #redactor: Redactor
  /** Functions, since differences are expensive and most histories are never read. */
  readonly #entries: (() => HistoryEntry)[] = []

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /** Oldest first. */
  entries(): HistoryEntry[] {
    return this.#entries.map((entry) => entry())
  }

  observe<T>({ before, outcome }: Step<T>): void {
    if (outcome.type === 'changed' && outcome.change) {
      const { previous, next } = outcome.change
      const durations = { prepare: 0, ...outcome.check.stopwatch.durations }
      this.#add(() => ({
        type: 'change',
        at: next.loadedAt,
        version: next.version,
        digest: next.digest,
        differences: redactedDifferences(previous.value, next.value, this.#redactor),
        durations,
      }))
    }
    if (outcome.type === 'rejected' && before.snapshot && !isRepeated(before, outcome)) {
      const { at, message, issues } = outcome.rejection
      this.#add(() => ({ type: 'rejection', at, message, issues }))
    }
  }

  #add(entry: () => HistoryEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > HISTORY_LENGTH) this.#entries.shift()
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
