/** Records whether updates have not arrived for too long. */
export class Staleness {
  readonly #becameStale: () => void
  #isStale = false
  #timer: NodeJS.Timeout | undefined

  constructor(becameStale: () => void) {
    this.#becameStale = becameStale
  }

  get isStale(): boolean {
    return this.#isStale
  }

  /**
   * Updates stop arriving. After `ms` milliseconds, that counts as stale. A wait that has already started continues.
   */
  begin(ms: number): void {
    if (!this.#isStale) this.#timer ??= setTimeout(() => this.set(), ms).unref()
  }

  /** Updates arrive. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isStale = false
  }

  /** Updates can't arrive until something changes. */
  set(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isStale) return
    this.#isStale = true
    this.#becameStale()
  }
}
