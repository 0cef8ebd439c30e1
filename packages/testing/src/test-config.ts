import { ConfigError } from '@hot-config/core'
import type { DeepReadonly, HotConfig, Issue, ReloadResult } from '@hot-config/core'
import { HotConfigInstance, silentLogger } from '@hot-config/core/internal'

/** The reason of a rejection: a sentence, an issue with its place, or the complete error. */
export type Problem = string | (Omit<Issue, 'code'> & Partial<Pick<Issue, 'code'>>) | ConfigError

/** A configuration that a test drives by hand, instead of sources. */
export interface TestConfig<T> extends HotConfig<T> {
  /**
   * Sets the current value. The value is current and listeners have been called when this returns. With a
   * `beforeChange` hook or a resource, that is so only when the promise settles.
   *
   * @param value the whole value, such as `{ ...config.current, port: 8080 }`; it is copied, not frozen
   * @returns `unchanged` when the value equals the current one: then there is no new snapshot, and no listener is
   *   called; `rejected` when a hook or a resource rejects it
   * @throws {ClosedError} after `close()`
   */
  set(value: DeepReadonly<T>): Promise<ReloadResult>
  /**
   * Simulates a rejected update. The current value stays, and `onReject` listeners have been called when this returns.
   * `history()` has the rejection, and `health()` reports `warn` until the next `set()` or `reload()`.
   *
   * @param problem without a `code`, it has that of a rejection by the schema
   * @throws {ClosedError} after `close()`
   */
  reject(problem: Problem): void
}

/**
 * Creates a `HotConfig` for unit tests of code that needs one. It has no files, no schema and no log, and needs no
 * waiting.
 *
 * @param value the first value; it is copied, not frozen, and not validated
 * @throws {TypeError} when the value can't be a snapshot, for example because it has a cycle
 */
export function createTestConfig<T>(value: T): TestConfig<T> {
  const config = new HotConfigInstance<T>({ sources: [], recheckMs: 0, logger: silentLogger })
  const { updater } = config
  updater.set(value)
  const { rejected } = updater.state
  if (rejected) throw new TypeError(rejected.rejection.message)
  return Object.assign(config, {
    set(next: DeepReadonly<T>): Promise<ReloadResult> {
      config.assertOpen()
      return updater.set(next).result
    },
    reject(problem: Problem): void {
      config.assertOpen()
      updater.reject(problem instanceof ConfigError ? problem : ConfigError.of([issueOf(problem)]))
    },
  })
}

function issueOf(problem: Exclude<Problem, ConfigError>): Issue {
  return { code: 'HOT_CONFIG_SCHEMA', ...(typeof problem === 'string' ? { message: problem } : problem) }
}
