import { ConfigError } from '@hot-config/core'
import type { DeepReadonly, HotConfig, Issue, ReloadResult } from '@hot-config/core'
import { HotConfigInstance, silentLogger } from '@hot-config/core/internal'

/** Why an update is refused: a sentence, a problem with its place, or the very error that a pipeline would give. */
export type Problem = string | (Omit<Issue, 'code'> & Partial<Pick<Issue, 'code'>>) | ConfigError

/** A configuration that a test drives by hand, instead of sources. */
export interface TestConfig<T> extends HotConfig<T> {
  /**
   * Makes this the current value. It is when this returns, and listeners have been called, unless a `beforeChange` hook
   * or a resource takes part: then it is when the promise settles.
   *
   * @param value all of it, such as `{ ...config.current, port: 8080 }`; it is copied, not frozen
   * @returns `unchanged` when the value equals the current one: then there is no new snapshot and nobody is called;
   *   `rejected` when a hook or a resource refuses it
   * @throws {ClosedError} after `close()`
   */
  set(value: DeepReadonly<T>): Promise<ReloadResult>
  /**
   * Does what an update that can't be used does: the current value stays, `onReject` listeners have been called when
   * it returns, `history()` has it, and `health()` says `warn` until the next `set()` or `reload()`.
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
