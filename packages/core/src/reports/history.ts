import type { Issue } from '../errors/errors.js'
import { grouped } from '../errors/grouped.js'
import { CheckLimit, MAX_DIFFERENCES } from '../secrets/check-limit.js'
import type { Redactor } from '../secrets/redactor.js'
import type { DifferenceLimits } from '../secrets/shown-changes.js'
import type { Difference } from '../trees/diff.js'
import { isRepeated } from '../updates/state.js'
import type { Step } from '../updates/state.js'
import type { StageDurations } from '../updates/stopwatch.js'

export type HistoryEntry =
  | {
      readonly type: 'change'
      readonly at: string
      readonly version: number
      readonly digest: string
      /**
       * The changed values. Those at redacted paths are `[redacted]`, and so are those that are too large to check. The
       * history has at most 1,000 of them, those of the newest changes.
       */
      readonly differences: readonly Difference[]
      /** How many more values changed. */
      readonly omitted: number
      /** How long each stage took, in milliseconds. */
      readonly durations: StageDurations
    }
  | { readonly type: 'rejection'; readonly at: string; readonly message: string; readonly issues: readonly Issue[] }

const HISTORY_LENGTH = 20

/**
 * An entry that is computed when the history is first read. Differences are expensive, and most histories are never
 * read.
 */
interface Kept {
  readonly make: (limits: DifferenceLimits) => HistoryEntry
  /** The values that it compares. */
  readonly values: readonly unknown[]
  made?: HistoryEntry
  /** The knowledge of the redactor when the entry was computed. */
  knowledge?: string
}

/** The last changes and rejections. Snapshots share what did not change, so keeping them costs little. */
export class History {
  readonly #redactor: Redactor
  #entries: readonly Kept[] = []

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  /**
   * Returns the entries, oldest first. A value that was hidden before stays hidden, even if it is no longer a secret.
   *
   * This can't pause, so all entries share one limit. The newest come first, and what an older one loses is lost.
   */
  entries(): HistoryEntry[] {
    for (const { made, values } of this.#entries) if (!made) this.#redactor.recall(...values)
    const { knowledge } = this.#redactor
    const [limit, limitAgain] = [new CheckLimit(), new CheckLimit()]
    let max = MAX_DIFFERENCES
    const newestFirst = this.#entries.toReversed().map((kept) => {
      const made = kept.made
        ? this.#again(kept.made, kept.knowledge !== knowledge, { max, limit: limitAgain })
        : kept.make({ max, limit })
      if (made.type === 'change') max -= made.differences.length
      kept.made = made
      kept.knowledge = knowledge
      return made
    })
    return newestFirst.toReversed().map(copyOf)
  }

  observe<T>({ before, outcome }: Step<T>): void {
    if (outcome.type === 'changed' && outcome.change) {
      const { previous, next } = outcome.change
      const durations = { prepare: 0, ...outcome.check.stopwatch.durations }
      this.#add([previous.value, next.value], (limits) => ({
        type: 'change',
        at: next.loadedAt,
        version: next.version,
        digest: next.digest,
        ...this.#redactor.differences(previous.value, next.value, limits),
        durations,
      }))
    }
    if (outcome.type === 'rejected' && before.snapshot && !isRepeated(before, outcome)) {
      const { at, message, issues } = outcome.rejection
      this.#add([], () => ({ type: 'rejection', at, message, issues }))
    }
  }

  #add(values: readonly unknown[], make: Kept['make']): void {
    this.#entries = [...this.#entries.slice(1 - HISTORY_LENGTH), { values, make }]
  }

  /** @param isOutdated whether there may be more secrets to hide */
  #again(entry: HistoryEntry, isOutdated: boolean, limits: DifferenceLimits): HistoryEntry {
    if (entry.type === 'change') {
      if (!isOutdated && entry.differences.length <= limits.max) return entry
      return { ...entry, ...this.#redactor.differencesAgain(entry, limits) }
    }
    if (!isOutdated) return entry
    const issues = this.#redactor.issues(entry.issues, limits.limit)
    const [more, [first]] = [entry.issues.length - issues.length, entry.issues]
    if (more > 0 && first) issues.push({ code: first.code, message: `and ${grouped(more)} more` })
    return { ...entry, message: this.#redactor.scrub(entry.message), issues }
  }
}

/** A copy that the program may mutate. */
function copyOf(entry: HistoryEntry): HistoryEntry {
  if (entry.type === 'rejection') return { ...entry, issues: entry.issues.map((each) => ({ ...each })) }
  return { ...entry, durations: { ...entry.durations }, differences: entry.differences.map((each) => ({ ...each })) }
}
