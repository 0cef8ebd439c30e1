import { ConfigError, OptionError } from '@hot-config/core'
import type { DeepReadonly, HotConfig, InferConfig, Issue, ReloadResult, Schema, Source } from '@hot-config/core'
import { ADAPTER_OPTIONS, HotConfigInstance, optionKind, silentLogger } from '@hot-config/core/internal'

import { mergeOverrides, withoutEnvironment } from './overrides.js'
import type { InputOf, Overrides } from './overrides.js'

/** The reason of a rejection: a sentence, an issue with its place, or the complete error. */
export type Problem = string | (Omit<Issue, 'code'> & Partial<Pick<Issue, 'code'>>) | ConfigError

/** A configuration that a test drives by hand, instead of sources. `Input` is the type of what its schema reads. */
export interface TestConfig<T, Input = T> extends HotConfig<T> {
  /**
   * Changes parts of the configuration, and resolves when they are served: listeners have been called, hooks have run and
   * resources are rebuilt.
   *
   * @param overrides parts that are merged into the earlier overrides; lists are replaced as a whole. With a schema, `undefined`
   *   brings back the default
   * @returns `unchanged` when the value is the same as before: then there is no new snapshot, and no listener is called
   * @throws {ConfigError} when the schema, a hook or a resource rejects the update. The last good value stays
   * @throws {ClosedError} after `close()`
   */
  update(overrides: Overrides<DeepReadonly<Input>>): Promise<Exclude<ReloadResult, 'rejected'>>
  /**
   * Sets the whole value. Without a schema, it is current and listeners have been called when this returns. With a schema, a
   * `beforeChange` hook or a resource, that is so only when the promise settles.
   *
   * @param value the whole value, such as `{ ...config.current, port: 8080 }`; it is copied, not frozen
   * @returns `unchanged` when the value equals the current one: then there is no new snapshot, and no listener is
   *   called; `rejected` when the schema, a hook or a resource rejects it
   * @throws {ClosedError} after `close()`
   */
  set(value: DeepReadonly<Input>): Promise<ReloadResult>
  /**
   * Simulates a rejected update. The current value stays, and `onReject` listeners have been called when this returns.
   * `history()` has the rejection, and `health()` reports `warn` until the next `update()`, `set()` or `reload()`.
   *
   * @param problem without a `code`, it has that of a rejection by the schema
   * @throws {ClosedError} after `close()`
   */
  reject(problem: Problem): void
}

/** The test configuration of a schema. */
export type SchemaTestConfig<S extends Schema> = TestConfig<InferConfig<S>, InputOf<S>>

/**
 * Creates a `HotConfig` for unit tests of code that needs one. It has no files and no log.
 *
 * With a schema and overrides, the value is what the schema makes of the overrides: defaults apply, and bad values are
 * rejected, as in the program. Names that the schema does not know are rejected too. Environment variables and arguments do
 * not count. For a schema without overrides, pass `{}`.
 *
 * With a value alone, there is no schema, and no waiting.
 *
 * @param value the first value; it is copied, not frozen, and not validated
 * @throws {ConfigError} when the schema rejects the overrides
 * @throws {OptionError} for overrides that are no object, for something that is no schema, or for a schema alone
 * @throws {TypeError} when a value without a schema can't be a snapshot, for example because it has a cycle
 */
export function createTestConfig<const S extends Schema>(
  schema: S,
  overrides: NoInfer<Overrides<DeepReadonly<InputOf<S>>>>,
): Promise<SchemaTestConfig<S>>
export function createTestConfig<T>(value: T): TestConfig<T>
export function createTestConfig(
  ...given: readonly [value: unknown] | readonly [schema: Schema, overrides: unknown]
): unknown {
  return given.length === 1 ? fromValue(given[0]) : fromSchema(...given)
}

function fromValue<T>(value: T): TestConfig<T> {
  if (value === undefined) throw new OptionError('createTestConfig: expected a value, got nothing')
  // A convict schema and a JSON Schema can't be told from a value.
  if (typeof value === 'function' || (typeof value === 'object' && value !== null && '~standard' in value)) {
    throw new OptionError('createTestConfig: a schema without overrides is taken for a value: pass {} as the overrides')
  }
  const config = new HotConfigInstance<T>({ sources: [], recheckMs: 0, logger: silentLogger })
  const { updater } = config
  updater.set(value)
  const { rejected } = updater.state
  if (rejected) throw new TypeError(rejected.rejection.message)
  const asked = new Asked()
  return drivenBy(config, {
    current: () => asked.newest ?? config.current,
    set: (next) => asked.until(next, () => updater.set(next).result),
  })
}

async function fromSchema(schema: Schema, overrides: unknown): Promise<TestConfig<unknown>> {
  const first = objectKind.required(overrides, 'overrides')
  const asked = new Asked()
  // What is served was made of this: also what a hook has vetoed at first.
  const current = (): unknown => asked.newest ?? config.updater.state.origin?.tree ?? first
  let revision = 1
  const source: Source = {
    name: 'test',
    read: async () => ({ revision: String(revision), opaqueRevision: true, entries: [{ path: [], value: current() }] }),
  }
  const config = new HotConfigInstance<unknown>({
    sources: [source],
    recheckMs: 0,
    logger: silentLogger,
    unknown: 'reject',
    emptied: 'accept',
  })
  await config.start(withoutEnvironment(ADAPTER_OPTIONS.schema(schema, 'schema') as Schema))
  return drivenBy(config, {
    current,
    set(next) {
      revision++
      return asked.until(objectKind.required(next, 'value'), () => config.reload())
    },
  })
}

/** The value that the newest update asks for. Updates that are not awaited build on one another. */
class Asked {
  #newest: { readonly value: unknown } | undefined

  /** `undefined` when no update is in progress. */
  get newest(): unknown {
    return this.#newest?.value
  }

  /** Has this value until the update is decided, or a newer one asks for another. */
  until(value: unknown, update: () => Promise<ReloadResult>): Promise<ReloadResult> {
    const own = (this.#newest = { value })
    const end = (): void => {
      if (this.#newest === own) this.#newest = undefined
    }
    const result = update()
    result.then(end, end)
    return result
  }
}

const objectKind = optionKind<Record<string, unknown>>(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

const problemKind = optionKind<Problem>(
  'a text, an issue with a message, or a ConfigError',
  (value) => typeof value === 'string' || typeof (value as { message?: unknown } | null)?.message === 'string',
)

/** What the methods of a test work on. */
interface Driver {
  /** What overrides are merged over. */
  current(): unknown
  set(value: never): Promise<ReloadResult>
}

function drivenBy<T>(config: HotConfigInstance<T>, driver: Driver): TestConfig<T> {
  const { updater } = config
  return Object.assign(config, {
    async update(overrides: unknown): Promise<Exclude<ReloadResult, 'rejected'>> {
      config.assertOpen()
      objectKind.required(overrides, 'overrides')
      const result = await driver.set(mergeOverrides(driver.current(), overrides) as never)
      if (result !== 'rejected') return result
      throw updater.state.rejected?.rejection.error ?? new ConfigError([])
    },
    set(next: DeepReadonly<T>): Promise<ReloadResult> {
      config.assertOpen()
      return driver.set(next as never)
    },
    reject(problem: Problem): void {
      config.assertOpen()
      const given = problemKind.required(problem, 'problem')
      updater.reject(given instanceof ConfigError ? given : ConfigError.of([issueOf(given)]))
    },
  })
}

function issueOf(problem: Exclude<Problem, ConfigError>): Issue {
  return { code: 'HOT_CONFIG_SCHEMA', ...(typeof problem === 'string' ? { message: problem } : problem) }
}
