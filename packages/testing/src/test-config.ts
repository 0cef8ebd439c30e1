import { ClosedError, ConfigError } from '@hot-config/core'
import type { DeepReadonly, HealthReport, HotConfig, Issue } from '@hot-config/core'
import { LiveConfig, silentLogger } from '@hot-config/core/internal'

/** Why an update is refused: a sentence, a problem with its place, or the very error that a pipeline would give. */
export type Problem = string | (Omit<Issue, 'code'> & Partial<Pick<Issue, 'code'>>) | ConfigError

/** A configuration that a test drives by hand, instead of sources. */
export interface TestConfig<T> extends HotConfig<T> {
  /**
   * Makes this the current value. Listeners have been called when it returns, and a rejection before is healed.
   *
   * @param value all of it, such as `{ ...config.current, port: 8080 }`; it is copied, not frozen
   * @returns `unchanged` when the value equals the current one: then there is no new snapshot and nobody is called
   * @throws {ClosedError} after `close()`
   */
  set(value: DeepReadonly<T>): 'changed' | 'unchanged'
  /**
   * Does what an update that can't be used does: the current value stays, `onReject` listeners have been called when
   * it returns, `history()` has it, and `health()` says `warn` until the next `set()`.
   *
   * @param problem the same in place of an `Issue` has the code of a schema's refusal, unless it says another
   * @throws {ClosedError} after `close()`
   */
  reject(problem: Problem): void
}

/**
 * Makes a `HotConfig` for unit tests of code that takes one: no files, no schema, no waiting, nothing logged.
 *
 * @param value the first value; it is copied, not frozen, and not validated
 * @throws when the value can't be a snapshot, since it holds a cycle
 */
export function createTestConfig<T>(value: T): TestConfig<T> {
  return new DrivenConfig(value)
}

class DrivenConfig<T> extends LiveConfig<T> implements TestConfig<T> {
  readonly #driven = { changed: 0, unchanged: 0, rejected: 0 }
  #drivenAt = new Date().toISOString()
  #closed = false

  constructor(value: T) {
    super({ sources: [], redact: [], recheckMs: 0, logger: silentLogger })
    this.commit(value)
  }

  set(value: DeepReadonly<T>): 'changed' | 'unchanged' {
    return this.#count(() => this.commit(value as T))
  }

  override reject(problem: Problem): 'rejected' {
    const error = problem instanceof ConfigError ? problem : ConfigError.of([issueOf(problem)])
    return this.#count(() => super.reject(error))
  }

  /** What was set and refused by hand counts as what a reload came to. */
  override health(): HealthReport {
    const report = super.health()
    const { changed, unchanged, rejected } = report.reloads
    const reloads = {
      changed: changed + this.#driven.changed,
      unchanged: unchanged + this.#driven.unchanged,
      rejected: rejected + this.#driven.rejected,
    }
    const checkedAt = [report.checkedAt ?? '', this.#drivenAt].sort().at(-1) ?? null
    return { ...report, checkedAt, reloads }
  }

  override async close(): Promise<void> {
    this.#closed = true
    await super.close()
  }

  #count<R extends 'changed' | 'unchanged' | 'rejected'>(update: () => R): R {
    if (this.#closed) throw new ClosedError()
    this.#drivenAt = new Date().toISOString()
    const result = update()
    this.#driven[result]++
    return result
  }
}

function issueOf(problem: Exclude<Problem, ConfigError>): Issue {
  return { code: 'HOT_CONFIG_SCHEMA', ...(typeof problem === 'string' ? { message: problem } : problem) }
}
