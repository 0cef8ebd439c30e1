/** How long each stage of a check took, in milliseconds. */
export interface StageDurations {
  /** Reading and parsing. */
  readonly read?: number
  /** Merging and validating. */
  readonly validate?: number
  /** Hooks and resources. */
  readonly prepare?: number
}

/** Measures one check, and the update that it led to. */
export class Stopwatch {
  readonly #started = performance.now()
  readonly #startedAt = Date.now()
  readonly durations: { -readonly [Stage in keyof StageDurations]: StageDurations[Stage] } = {}

  get startedAt(): string {
    return new Date(this.#startedAt).toISOString()
  }

  get elapsedMs(): number {
    return performance.now() - this.#started
  }

  /** Starts to measure a stage. @returns a function that ends it; only its first call counts */
  start(stage: keyof StageDurations): () => void {
    const started = performance.now()
    return () => {
      this.durations[stage] ??= performance.now() - started
    }
  }

  /** Measures a stage that is one function, whether that succeeds or fails. */
  async measure<R>(stage: keyof StageDurations, run: () => Promise<R>): Promise<R> {
    const stop = this.start(stage)
    try {
      return await run()
    } finally {
      stop()
    }
  }
}
