import { isDeepStrictEqual } from 'node:util'
import { setImmediate } from 'node:timers/promises'

import { coalesce } from './coalesce.js'
import type { DeepReadonly } from './deep-readonly.js'
import { ClosedError, ConfigError, NotReadyError, SourceError } from './errors.js'
import { rejectionHealth, sourceHealth } from './health.js'
import type { HealthReport } from './health.js'
import { History } from './history.js'
import type { HistoryEntry } from './history.js'
import type {
  ChangeListener,
  HotConfig,
  PartListener,
  RejectListener,
  ReloadResult,
  Unsubscribe,
} from './hot-config.js'
import { Listeners } from './listeners.js'
import type { Logger } from './logger.js'
import { parsePath, valueAt } from './paths.js'
import type { Path, PathValue, Selector } from './paths.js'
import { Pipeline } from './pipeline.js'
import type { Candidate } from './pipeline.js'
import { Redactor } from './redactor.js'
import { createRejection } from './rejection.js'
import type { Rejection } from './rejection.js'
import type { Schema } from './schema.js'
import { createValidator } from './schemas/index.js'
import { share } from './share.js'
import { createChange, createSnapshot } from './snapshot.js'
import type { Change, Snapshot } from './snapshot.js'
import type { Source, Watch } from './source.js'

/** Paths that come from outside must not fill the memory. */
const MAX_FOUND = 10_000

export interface LiveConfigOptions {
  readonly sources: readonly Source[]
  readonly redact: readonly string[]
  readonly recheckMs: number
  readonly logger: Logger
}

/** Takes updates through the pipeline, holds the current snapshot and tells who listens. */
export class LiveConfig<T> implements HotConfig<T> {
  readonly #sources: readonly Source[]
  readonly #recheckMs: number
  readonly #logger: Logger
  readonly #redactor: Redactor
  readonly #history: History
  readonly #abort = new AbortController()
  readonly #reloadOnce = coalesce(() => this.#reload())
  readonly #changes = new Listeners<[Change<T>]>((error) => this.#listenerFailed(error))
  readonly #rejects = new Listeners<[Rejection]>((error) => this.#listenerFailed(error))
  readonly #reloads = { changed: 0, unchanged: 0, rejected: 0 }

  #pipeline: Pipeline | undefined
  #watches: (Watch | undefined)[] = []
  #snapshot: Snapshot<T> | undefined
  /** The value of the snapshot, one step closer to those who read it on every request. */
  #value: DeepReadonly<T> | undefined
  /** What `get()` found in this snapshot. */
  #found = new Map<string, unknown>()
  #accepted: Candidate | undefined
  /** Why the newest update is not served; nothing when it is. */
  #rejection: Rejection | undefined
  #checkedAt: string | null = null
  #listenerErrors = 0

  constructor({ sources, redact, recheckMs, logger }: LiveConfigOptions) {
    this.#sources = sources
    this.#recheckMs = recheckMs
    this.#logger = logger
    this.#redactor = new Redactor(redact)
    this.#history = new History(this.#redactor)
  }

  /**
   * Starts watching and takes the first snapshot. Closes itself when there is none to take.
   *
   * @throws {ConfigError} with every problem found
   * @throws {OptionError} when the schema is none
   */
  async start(schema: Schema | undefined): Promise<this> {
    try {
      const validator = await createValidator(schema)
      this.#redactor.add(validator.sensitive.map(parsePath))
      this.#pipeline = new Pipeline(this.#sources, validator, this.#redactor)
      this.#watch(this.#pipeline)
      await this.reload()
      if (!this.#snapshot) throw this.#rejection?.error ?? new NotReadyError()
      return this
    } catch (error) {
      await this.close()
      throw error
    }
  }

  get current(): DeepReadonly<T> {
    return this.#value === undefined ? this.snapshot.value : this.#value
  }

  get snapshot(): Snapshot<T> {
    if (this.#snapshot === undefined) throw new NotReadyError({ cause: this.#rejection?.error })
    return this.#snapshot
  }

  get<const P extends Path<T>>(path: P): PathValue<DeepReadonly<T>, P> {
    let value = this.#found.get(path)
    if (value === undefined && !this.#found.has(path)) {
      value = valueAt(this.current, parsePath(path))
      if (this.#found.size < MAX_FOUND) this.#found.set(path, value)
    }
    return value as PathValue<DeepReadonly<T>, P>
  }

  onChange(listener: ChangeListener<T>): Unsubscribe
  onChange<const P extends Path<T>>(path: P, listener: PartListener<T, PathValue<DeepReadonly<T>, P>>): Unsubscribe
  onChange<R>(selector: Selector<T, R>, listener: PartListener<T, R>): Unsubscribe
  onChange(what: string | ((argument: never) => unknown), listener?: PartListener<T, never>): Unsubscribe {
    if (listener === undefined) return this.#changes.add(what as ChangeListener<T>)
    const path = typeof what === 'string' ? parsePath(what) : undefined
    const select = (value: DeepReadonly<T>): unknown =>
      path ? valueAt(value, path) : (what as Selector<T, unknown>)(value)
    return this.#changes.add((change) => {
      const [before, after] = [select(change.previous.value), select(change.next.value)]
      return isDeepStrictEqual(before, after) ? undefined : listener(after as never, before as never, change)
    })
  }

  onReject(listener: RejectListener): Unsubscribe {
    return this.#rejects.add(listener)
  }

  history(): HistoryEntry[] {
    return this.#history.entries()
  }

  async reload(): Promise<ReloadResult> {
    if (this.#abort.signal.aborted) throw new ClosedError()
    return this.#reloadOnce()
  }

  health(): HealthReport {
    const { version = 0, digest = null, loadedAt = null } = this.#snapshot ?? {}
    const stuck = this.#sources.some((_, index) => this.#pipeline?.readingOf(index)?.updatable === false)
    return {
      status: !this.#snapshot ? 'fail' : this.#rejection || stuck ? 'warn' : 'pass',
      version,
      digest,
      loadedAt,
      checkedAt: this.#checkedAt,
      lastRejection: this.#rejection ? rejectionHealth(this.#rejection) : null,
      pinnedByEnvironment: this.#accepted?.pinnedByEnvironment ?? [],
      reloads: { ...this.#reloads },
      listenerErrors: this.#listenerErrors,
      sources: this.#sources.map(({ name }, index) =>
        sourceHealth(name, this.#pipeline?.readingOf(index), this.#watches[index]),
      ),
    }
  }

  async close(): Promise<void> {
    this.#abort.abort(new ClosedError())
    for (const watch of this.#watches) watch?.close()
    this.#watches = []
    this.#changes.clear()
    this.#rejects.clear()
    // closed handles are gone one turn of the event loop later
    await setImmediate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Shares, swaps and notifies. @throws {TreeError} when the value can't be a snapshot */
  protected commit(value: T): 'changed' | 'unchanged' {
    const previous = this.#snapshot
    const shared = share(previous?.value, value) as DeepReadonly<T>
    this.#rejection = undefined
    if (previous && shared === previous.value) return 'unchanged'
    const next = createSnapshot<T>(shared, (previous?.version ?? 0) + 1)
    this.#snapshot = next
    this.#value = shared
    this.#found = new Map()
    if (!previous) {
      this.#logger.info({ version: next.version, digest: next.digest }, 'configuration loaded')
      return 'changed'
    }
    const change = createChange(previous, next)
    this.#history.add(change as unknown as Change<unknown>)
    const { version, digest } = next
    this.#logger.info({ version, digest, paths: change.paths }, 'configuration changed')
    this.#changes.notify(change)
    return 'changed'
  }

  /** Keeps the last good snapshot and tells who listens. */
  protected reject(error: ConfigError): 'rejected' {
    const rejection = createRejection(error)
    // a source that can't be read is tried again and again: its fault is one rejection, not hundreds
    const persists = error instanceof SourceError && this.#rejection?.message === rejection.message
    if (persists) return 'rejected'
    this.#rejection = rejection
    if (!this.#snapshot) return 'rejected'
    this.#history.add(rejection)
    this.#logger.warn(
      { issues: error.issues },
      `update rejected, the last good configuration serves: ${rejection.message}`,
    )
    this.#rejects.notify(rejection)
    return 'rejected'
  }

  #watch(pipeline: Pipeline): void {
    this.#watches = this.#sources.map((source, index) =>
      source.watch?.({
        recheckMs: this.#recheckMs,
        lastStamp: () => pipeline.readingOf(index)?.stamp,
        changed: () => {
          this.reload().catch(() => undefined)
        },
      }),
    )
  }

  async #reload(): Promise<ReloadResult> {
    const first = !this.#snapshot
    const result = await this.#attempt()
    if (!first) this.#reloads[result]++
    return result
  }

  async #attempt(): Promise<ReloadResult> {
    const { signal } = this.#abort
    try {
      signal.throwIfAborted()
      this.#checkedAt = new Date().toISOString()
      const candidate = await this.#pipeline?.run(
        this.#snapshot?.value,
        this.#rejection ? undefined : this.#accepted,
        signal,
      )
      signal.throwIfAborted()
      if (!candidate) return 'unchanged'
      const result = this.commit(candidate.value as T)
      this.#accept(candidate)
      return result
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ConfigError) return this.reject(error)
      throw error
    }
  }

  #accept(candidate: Candidate): void {
    const { undeclared, pinnedByEnvironment } = candidate
    if (isNews(undeclared, this.#accepted?.undeclared)) {
      this.#logger.warn({ paths: undeclared }, `not declared in the schema: ${undeclared.join(', ')}`)
    }
    if (isNews(pinnedByEnvironment, this.#accepted?.pinnedByEnvironment)) {
      const paths = pinnedByEnvironment.join(', ')
      this.#logger.warn({ paths: pinnedByEnvironment }, `the environment overrides what the sources give: ${paths}`)
    }
    this.#accepted = candidate
  }

  #listenerFailed(error: unknown): void {
    this.#listenerErrors++
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#logger.error({ error: this.#redactor.scrub(text, this.#snapshot?.value) }, 'a listener failed')
  }
}

function isNews(now: readonly string[], before: readonly string[] = []): boolean {
  return now.length > 0 && !isDeepStrictEqual(now, before)
}
