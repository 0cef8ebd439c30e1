import type { Issue } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
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
      /** The changed values. Those at redacted paths are `[redacted]`. */
      readonly differences: readonly Difference[]
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
  readonly make: () => HistoryEntry
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
   */
  entries(): HistoryEntry[] {
    return this.#entries.map((kept) => {
      const { knowledge } = this.#redactor
      if (!kept.made) kept.made = kept.make()
      else if (kept.knowledge !== knowledge) kept.made = this.#again(kept.made)
      kept.knowledge = knowledge
      return kept.made
    })
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
        differences: this.#redactor.differences(previous.value, next.value),
        durations,
      }))
    }
    if (outcome.type === 'rejected' && before.snapshot && !isRepeated(before, outcome)) {
      const { at, message, issues } = outcome.rejection
      this.#add(() => ({ type: 'rejection', at, message, issues }))
    }
  }

  #add(make: () => HistoryEntry): void {
    this.#entries = [...this.#entries.slice(1 - HISTORY_LENGTH), { make }]
  }

  #again(entry: HistoryEntry): HistoryEntry {
    if (entry.type === 'change') return { ...entry, differences: this.#redactor.differencesAgain(entry.differences) }
    return { ...entry, message: this.#redactor.scrub(entry.message), issues: this.#redactor.issues(entry.issues) }
  }
}
