/** The maximum number of differences that are shown of one change, and of all changes in the history together. */
export const MAX_DIFFERENCES = 1_000

/** How many short values may be checked in one piece. It takes about ten milliseconds. */
const MAX_VALUES = 4_096

/** A text that is searched as it is written: this many characters take as long as a short value. */
const WRITTEN_LENGTH = 256

/** A text that is searched in every spelling takes as long as this many short values, and longer with its length. */
const SPELLED_VALUES = 16
const SPELLED_LENGTH = 16

/** Counts what is checked for secrets in one piece. Where no pause is possible, the work has to have a limit. */
export class CheckLimit {
  #left = MAX_VALUES

  get isReached(): boolean {
    return this.#left <= 0
  }

  /** Counts this many short values. */
  spend(values: number): void {
    this.#left -= values
  }
}

/** How many short values a text counts as, when it is searched as it is written. */
export function writtenCost(text: string): number {
  return text.length / WRITTEN_LENGTH
}

/** How many short values a text counts as, when it is searched in every spelling. */
export function spelledCost(text: string): number {
  return SPELLED_VALUES + text.length / SPELLED_LENGTH
}
