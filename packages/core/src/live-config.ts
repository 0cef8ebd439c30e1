import { isDeepStrictEqual } from 'node:util'
import { setImmediate } from 'node:timers/promises'

import { coalesce } from './async/coalesce.js'
import type { DeepReadonly } from './trees/deep-readonly.js'
import { ClosedError, ConfigError, messageOf, NotReadyError } from './errors/errors.js'
import { fit, fitInSlices } from './snapshots/next-value.js'
import type { Fitted } from './snapshots/next-value.js'
import { rejectionHealth, sourceHealth } from './reports/health.js'
import type { HealthReport, SourceHealth } from './reports/health.js'
import type { HistoryEntry } from './reports/history.js'
import type { ChangeListener, HotConfig, PartListener, RejectListener } from './hot-config.js'
import { Journal } from './reports/log.js'
import { Listeners } from './async/listeners.js'
import type { Logger } from './reports/logger.js'
import { PathPatterns } from './trees/path-patterns.js'
import { parsePath, selectorOf, valueAt } from './trees/path.js'
import type { Path, PathValue, Selector } from './trees/path-types.js'
import { Pipeline } from './updates/pipeline.js'
import type { Accepted, Candidate } from './updates/pipeline.js'
import { Preparation } from './updates/preparation.js'
import type { BeforeChangeHook, BeforeChangeOptions } from './updates/preparation.js'
import { Redactor } from './secrets/redactor.js'
import { createRejection } from './updates/rejection.js'
import type { Rejection } from './updates/rejection.js'
import { Stopwatch } from './updates/reload.js'
import type { ReloadListener, ReloadResult } from './updates/reload.js'
import type { Unsubscribe } from './async/listeners.js'
import { LiveResource } from './updates/resource.js'
import type { CreateResource, Resource, ResourceOptions } from './updates/resource.js'
import { isSame } from './trees/equal.js'
import type { Schema } from './schemas/schema.js'
import { createValidator } from './schemas/create-validator.js'
import { atOnce } from './async/slices.js'
import { createChange, createSnapshot } from './snapshots/snapshot.js'
import type { Change, Snapshot } from './snapshots/snapshot.js'
import type { Source, Watch } from './sources/source.js'
import { PendingUpdate } from './updates/pending-update.js'

/** Paths that come from outside must not fill the memory. */
const MAX_FOUND = 10_000

export interface LiveConfigOptions {
  readonly sources: readonly Source[]
  readonly recheckMs: number
  readonly logger: Logger
  readonly redact?: readonly string[]
  readonly restartRequired?: readonly string[]
  readonly onPendingRestart?: (paths: readonly string[]) => unknown
  readonly maxDelayMs?: number
  readonly signal?: AbortSignal
}

type Revisions = readonly (string | undefined)[]

/** Takes updates through the pipeline, holds the current snapshot and tells who listens. */
export class LiveConfig<T> implements HotConfig<T> {
  readonly #sources: readonly Source[]
  readonly #recheckMs: number
  readonly #redactor: Redactor
  readonly #journal: Journal<T>
  readonly #restartRequired: PathPatterns
  readonly #stage: PendingUpdate
  readonly #preparation = new Preparation<T>()
  readonly #abort = new AbortController()
  readonly #load = coalesce(() => this.#loadOnce())
  readonly #changes = new Listeners<[Change<T>]>((error) => this.#journal.failed('a listener failed', error))
  readonly #rejects = new Listeners<[Rejection]>((error) => this.#journal.failed('a listener failed', error))
  readonly #restarts = new Listeners<[readonly string[]]>((error) =>
    this.#journal.failed('onPendingRestart failed', error),
  )

  #pipeline: Pipeline | undefined
  #watches: (Watch | undefined)[] = []
  #snapshot: Snapshot<T> | undefined
  /** What `get()` found in this snapshot. */
  #found = new Map<string, unknown>()
  /** What the newest snapshot came from. */
  #accepted: Accepted | undefined
  /** Why the newest update is not served; nothing when it is. */
  #rejection: Rejection | undefined
  /** The revisions that were refused. */
  #rejected: Revisions = []
  /** What the newest look that brought a valid value found. */
  #proposed: { readonly accepted: Accepted | undefined; readonly revisions: Revisions } | undefined
  /** Whether a look after that was refused: what is under way is older, and taking it does not mend the newest. */
  #isOvertaken = false
  #checkedAt: number | undefined
  #closed: Promise<void> | undefined

  constructor(options: LiveConfigOptions) {
    this.#sources = options.sources
    this.#recheckMs = options.recheckMs
    this.#redactor = new Redactor(options.redact ?? [])
    this.#journal = new Journal(options.logger, this.#redactor)
    this.#restartRequired = new PathPatterns(options.restartRequired ?? [])
    if (options.onPendingRestart) this.#restarts.add(options.onPendingRestart)
    this.#stage = new PendingUpdate(options.maxDelayMs ?? 0)
    // a signal that outlives this configuration must not hold it
    options.signal?.addEventListener('abort', () => void this.close(), { signal: this.#abort.signal })
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
      this.#watches = this.#pipeline.watch(this.#recheckMs, () => this.reload())
      await this.reload()
      if (!this.#snapshot) throw this.#rejection?.error ?? new NotReadyError()
      this.#journal.started(this.#sourcesHealth())
      return this
    } catch (error) {
      await this.close()
      throw error
    }
  }

  get current(): DeepReadonly<T> {
    return this.snapshot.value
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
    const select = selectorOf(what as string | Selector<T, unknown>)
    return this.#changes.add((change) => {
      const [before, after] = [select(change.previous.value), select(change.next.value)]
      return isSame(before, after) ? undefined : listener(after as never, before as never, change)
    })
  }

  onReject(listener: RejectListener): Unsubscribe {
    return this.#rejects.add(listener)
  }

  onReload(listener: ReloadListener<T>): Unsubscribe {
    return this.#journal.listeners.add(listener)
  }

  history(): HistoryEntry[] {
    return this.#journal.entries()
  }

  async reload(): Promise<ReloadResult> {
    this.assertOpen()
    const { result } = await this.#load()
    return result
  }

  beforeChange(hook: BeforeChangeHook<T>, options: BeforeChangeOptions = {}): Unsubscribe {
    return this.#preparation.addHook(hook, options)
  }

  resource<const P extends Path<T>, R>(
    path: P,
    create: CreateResource<PathValue<DeepReadonly<T>, P>, R>,
    options?: ResourceOptions<R>,
  ): Promise<Resource<R>>
  resource<V, R>(
    select: Selector<T, V>,
    create: CreateResource<V, R>,
    options?: ResourceOptions<R>,
  ): Promise<Resource<R>>
  async resource<R>(
    what: string | Selector<T, unknown>,
    create: CreateResource<never, R>,
    options: ResourceOptions<R> = {},
  ): Promise<Resource<R>> {
    this.assertOpen()
    const resource = new LiveResource(
      selectorOf(what),
      create as CreateResource<unknown, unknown>,
      options as ResourceOptions<unknown>,
      (error) => this.#journal.failed('a resource could not be disposed of', error),
    )
    await this.#preparation.addResource(resource, () => this.current, this.#abort.signal)
    return resource as Resource<R>
  }

  health(): HealthReport {
    const { version = 0, digest = null, loadedAt = null } = this.#snapshot ?? {}
    const pendingRestart = this.#accepted?.pendingRestart ?? []
    const stuck = this.#sources.some((_, index) => this.#pipeline?.readingOf(index)?.updatable === false)
    return {
      status: !this.#snapshot ? 'fail' : this.#rejection || stuck || pendingRestart.length > 0 ? 'warn' : 'pass',
      version,
      digest,
      loadedAt,
      checkedAt: this.#checkedAt === undefined ? null : new Date(this.#checkedAt).toISOString(),
      lastRejection: this.#rejection ? rejectionHealth(this.#rejection) : null,
      pendingRestart,
      pinnedByEnvironment: this.#accepted?.pinnedByEnvironment ?? [],
      reloads: { ...this.#journal.reloads },
      listenerErrors: this.#journal.listenerErrors,
      sources: this.#sourcesHealth(),
    }
  }

  #sourcesHealth(): SourceHealth[] {
    return this.#sources.map(({ name }, index) =>
      sourceHealth(name, this.#pipeline?.readingOf(index), this.#watches[index]),
    )
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @throws {ClosedError} after `close()` */
  protected assertOpen(): void {
    if (this.#abort.signal.aborted) throw new ClosedError()
  }

  /**
   * Takes a valid value from share to notify. Has swapped when it returns, unless something has to be prepared or waited
   * for.
   */
  protected propose(value: unknown, candidate?: Candidate, ready?: Fitted<T>): Promise<ReloadResult> {
    const { stopwatch = new Stopwatch() } = candidate ?? {}
    const running = this.#snapshot
    let fitted: Fitted<T>
    try {
      fitted = ready && ready.follows === running ? ready : atOnce(fit(running, value, false, this.#restartRequired))
    } catch (error) {
      const refused = ConfigError.of([{ code: 'HOT_CONFIG_SCHEMA', message: messageOf(error) }])
      return Promise.resolve(this.reject(refused, stopwatch))
    }
    const { value: shared, held } = fitted
    const accepted = candidate && { ...candidate, pendingRestart: held }
    this.#proposed = { accepted, revisions: this.#revisions }
    this.#isOvertaken = false
    if (!running) {
      this.#swap(createSnapshot<T>(shared, 1), accepted)
      this.#journal.loaded(this.snapshot)
      return Promise.resolve('changed')
    }
    if (shared !== running.value && !(this.#stage.isImmediate && this.#preparation.isEmpty)) {
      return this.#stage.send(shared, (signal) => this.#prepare(shared, stopwatch, signal))
    }
    const result = this.#stage.clear(Promise.resolve(shared === running.value ? 'unchanged' : 'changed'))
    if (shared === running.value) this.#stay(accepted, stopwatch)
    else this.#change(createChange(running, createSnapshot<T>(shared, running.version + 1)), accepted, stopwatch)
    return result
  }

  /** Keeps the last good snapshot and tells who listens. */
  protected reject(error: ConfigError, stopwatch: Stopwatch = new Stopwatch()): 'rejected' {
    this.#isOvertaken = true
    return this.#refuse(error, this.#revisions, stopwatch)
  }

  #refuse(error: ConfigError, revisions: Revisions, stopwatch: Stopwatch, isNewest = true): 'rejected' {
    const rejection = createRejection(error)
    // the same content may be looked at again and again: its fault is one rejection, not hundreds
    const persists =
      revisions.length > 0 &&
      this.#rejection?.message === rejection.message &&
      isDeepStrictEqual(this.#rejected, revisions)
    if (isNewest && !persists) [this.#rejection, this.#rejected] = [rejection, revisions]
    if (!this.#snapshot) return 'rejected'
    this.#journal.rejected(rejection, persists, stopwatch)
    if (!persists) this.#rejects.notify(rejection)
    return 'rejected'
  }

  async #prepare(value: DeepReadonly<T>, stopwatch: Stopwatch, signal: AbortSignal): Promise<ReloadResult> {
    const running = this.snapshot
    const change = createChange(running, createSnapshot<T>(value, running.version + 1))
    this.#journal.proposed(value)
    const stop = stopwatch.start('prepare')
    const swap = (): void => {
      stop()
      // the same update may have come again meanwhile, with other changes that wait for a restart
      this.#change(change, this.#proposed?.accepted, stopwatch)
    }
    try {
      await this.#preparation.run(change, signal, (...refused) => this.#journal.refusal(...refused), swap)
      return 'changed'
    } catch (error) {
      stop()
      if (signal.aborted || !(error instanceof ConfigError)) throw error
      return this.#refuse(error, this.#proposed?.revisions ?? [], stopwatch, !this.#isOvertaken)
    }
  }

  #change(change: Change<T>, accepted: Accepted | undefined, stopwatch: Stopwatch): void {
    this.#swap(change.next, accepted)
    this.#journal.changed(change, stopwatch)
    this.#changes.notify(change)
  }

  #swap(snapshot: Snapshot<T>, accepted: Accepted | undefined): void {
    this.#snapshot = snapshot
    // Hides the getter: what is read on every request is a plain property, which takes half the time. Not enumerable, since
    // whatever prints this configuration must not show what it holds.
    Object.defineProperty(this, 'current', { value: snapshot.value, configurable: true, enumerable: false })
    this.#found = new Map()
    this.#accept(accepted)
  }

  #stay(accepted: Accepted | undefined, stopwatch: Stopwatch): void {
    this.#accept(accepted)
    this.#journal.unchanged(stopwatch)
  }

  #accept(accepted: Accepted | undefined): void {
    const before = this.#accepted
    if (!this.#isOvertaken) this.#rejection = undefined
    this.#accepted = accepted
    if (!accepted) return
    this.#journal.accepted(accepted, before)
    const { pendingRestart } = accepted
    if (pendingRestart.length > 0 && !isDeepStrictEqual(pendingRestart, before?.pendingRestart)) {
      this.#restarts.notify(pendingRestart)
    }
  }

  /** One look at all sources. What comes of it may take longer, and must not keep the next look waiting. */
  async #loadOnce(): Promise<{ readonly result: Promise<ReloadResult> }> {
    const { signal } = this.#abort
    const stopwatch = new Stopwatch()
    try {
      signal.throwIfAborted()
      this.#checkedAt = Date.now()
      const accepted = this.#rejection ? undefined : this.#accepted
      const candidate = await this.#pipeline?.run(this.#snapshot?.value, accepted, signal, stopwatch)
      const fitted =
        candidate &&
        (await fitInSlices(
          () => this.#snapshot,
          candidate.value,
          candidate.value === candidate.tree,
          this.#restartRequired,
          signal,
        ))
      signal.throwIfAborted()
      if (candidate) return { result: this.propose(candidate.value, candidate, fitted) }
      const result = this.#stage.clear(Promise.resolve('unchanged'))
      this.#isOvertaken = false
      this.#stay(this.#accepted, stopwatch)
      return { result }
    } catch (error) {
      signal.throwIfAborted()
      const refused =
        error instanceof ConfigError ? error : this.#journal.refusal('HOT_CONFIG_SCHEMA', 'unexpected failure', error)
      return { result: Promise.resolve(this.reject(refused, stopwatch)) }
    }
  }

  get #revisions(): Revisions {
    return this.#sources.map((_, index) => this.#pipeline?.readingOf(index)?.revision)
  }

  async #close(): Promise<void> {
    this.#abort.abort(new ClosedError())
    const closed = Promise.reject(new ClosedError())
    closed.catch(() => undefined)
    void this.#stage.clear(closed)
    for (const watch of this.#watches) watch?.close()
    this.#watches = []
    this.#changes.clear()
    this.#rejects.clear()
    this.#journal.listeners.clear()
    // one turn of the event loop later handles are gone, and what was being built has been let go
    await setImmediate()
    await this.#preparation.close()
  }
}
