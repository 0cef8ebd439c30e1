import { isDeepStrictEqual } from 'node:util'
import { setImmediate } from 'node:timers/promises'

import { coalesce } from './async/coalesce.js'
import { Listeners } from './async/listeners.js'
import type { Unsubscribe } from './async/listeners.js'
import { ClosedError, NotReadyError } from './errors/errors.js'
import type { ChangeListener, HotConfig, PartListener, RejectListener } from './hot-config.js'
import { Counters } from './reports/counters.js'
import { healthReport } from './reports/health.js'
import type { HealthReport } from './reports/health.js'
import { History } from './reports/history.js'
import type { HistoryEntry } from './reports/history.js'
import { Log } from './reports/log.js'
import type { Logger } from './reports/logger.js'
import { createValidator } from './schemas/create-validator.js'
import type { Schema } from './schemas/schema.js'
import { Redactor } from './secrets/redactor.js'
import type { Change, Snapshot } from './snapshots/snapshot.js'
import { SourceSet } from './sources/source-set.js'
import type { Source } from './sources/source.js'
import type { DeepReadonly } from './trees/deep-readonly.js'
import { isSame } from './trees/equal.js'
import { PathPatterns } from './trees/path-patterns.js'
import type { Path, PathValue, Selector } from './trees/path-types.js'
import { parsePath, selectorOf, valueAt } from './trees/path.js'
import { Preparation } from './updates/preparation.js'
import type { BeforeChangeHook, BeforeChangeOptions } from './updates/preparation.js'
import type { Rejection } from './updates/rejection.js'
import { reloadOf } from './updates/reload.js'
import type { Reload, ReloadListener, ReloadResult } from './updates/reload.js'
import { LiveResource } from './updates/resource.js'
import type { CreateResource, Resource, ResourceOptions } from './updates/resource.js'
import { isRepeated } from './updates/state.js'
import type { Step } from './updates/state.js'
import { Updater } from './updates/updater.js'

/** Paths may come from outside, and must not fill the memory. */
const MAX_FOUND = 10_000

export interface InstanceOptions {
  readonly sources: readonly Source[]
  readonly recheckMs: number
  readonly logger: Logger
  readonly redact?: readonly string[]
  readonly restartRequired?: readonly string[]
  readonly onPendingRestart?: (paths: readonly string[]) => unknown
  readonly maxDelayMs?: number
  readonly signal?: AbortSignal
}

/** Composes the parts of a configuration: an updater holds its state, and what reports on it observes each step. */
export class HotConfigInstance<T> implements HotConfig<T> {
  readonly updater: Updater<T>
  readonly #sources: SourceSet
  readonly #recheckMs: number
  readonly #redactor: Redactor
  readonly #log: Log
  readonly #history: History
  readonly #counters = new Counters()
  readonly #preparation = new Preparation<T>()
  readonly #abort = new AbortController()
  readonly #check = coalesce(() => this.updater.check())
  readonly #changes = this.#listeners<[Change<T>]>('a listener failed')
  readonly #rejects = this.#listeners<[Rejection]>('a listener failed')
  readonly #reloads = this.#listeners<[Reload<T>]>('a listener failed')
  readonly #restarts = this.#listeners<[readonly string[]]>('onPendingRestart failed')

  /** What `get()` found in this snapshot. */
  #found = new Map<string, unknown>()
  #closed: Promise<void> | undefined

  constructor(options: InstanceOptions) {
    const { sources, recheckMs, logger, redact = [], restartRequired = [], maxDelayMs = 0 } = options
    this.#sources = new SourceSet(sources)
    this.#recheckMs = recheckMs
    this.#redactor = new Redactor(redact)
    this.#log = new Log(logger, this.#redactor)
    this.#history = new History(this.#redactor)
    if (options.onPendingRestart) this.#restarts.add(options.onPendingRestart)
    this.updater = new Updater<T>({
      sources: this.#sources,
      preparation: this.#preparation,
      redactor: this.#redactor,
      restartRequired: new PathPatterns(restartRequired),
      maxDelayMs,
      signal: this.#abort.signal,
    })
    // In this order: health already reports the new state when the first listener is called.
    const observers = [
      (step: Step<T>) => this.#serve(step),
      (step: Step<T>) => this.#log.observe(step),
      (step: Step<T>) => this.#history.observe(step),
      (step: Step<T>) => this.#counters.observe(step),
      (step: Step<T>) => this.#notify(step),
    ]
    for (const observer of observers) this.updater.observe(observer)
    // A signal that outlives this configuration must not keep it alive.
    options.signal?.addEventListener('abort', () => void this.close(), { signal: this.#abort.signal })
  }

  /**
   * Starts watching and takes the first snapshot. Closes the configuration when there is none.
   *
   * @throws {ConfigError} with every problem found
   * @throws {OptionError} for something that is no schema
   */
  async start(schema: Schema | undefined): Promise<this> {
    try {
      const validator = await createValidator(schema)
      this.#redactor.add(validator)
      this.updater.validateWith(validator)
      this.#sources.watch(this.#recheckMs, () => void this.reload())
      await this.reload()
      const { snapshot, rejected } = this.updater.state
      if (!snapshot) throw rejected?.rejection.error ?? new NotReadyError()
      this.#log.started(this.health().sources)
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
    const { snapshot, rejected } = this.updater.state
    if (!snapshot) throw new NotReadyError({ cause: rejected?.rejection.error })
    return snapshot
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
    return this.#reloads.add(listener)
  }

  history(): HistoryEntry[] {
    return this.#history.entries()
  }

  reload(): Promise<ReloadResult> {
    const result = this.#reload()
    // Only `close()` makes it reject, which must not end a process that does not await the result.
    result.catch(() => undefined)
    return result
  }

  async #reload(): Promise<ReloadResult> {
    this.assertOpen()
    const { result } = await this.#check()
    return result
  }

  beforeChange(hook: BeforeChangeHook<T>, options: BeforeChangeOptions = {}): Unsubscribe {
    return this.#preparation.addHook(hook, options)
  }

  async resource<R>(
    what: string | Selector<T, unknown>,
    create: CreateResource<never, R>,
    options: ResourceOptions<R> = {},
  ): Promise<Resource<R>> {
    this.assertOpen()
    const resource = new LiveResource(
      what as string | Selector<unknown, unknown>,
      create as CreateResource<unknown, unknown>,
      options as ResourceOptions<unknown>,
      (error) => this.#failed('a resource could not be disposed of', error),
    )
    await this.#preparation.addResource(resource, () => this.current, this.#abort.signal)
    return resource as Resource<R>
  }

  health(): HealthReport {
    const { state, pending, checkedAt } = this.updater
    return healthReport({
      state,
      pending,
      checkedAt,
      sources: this.#sources.states,
      counters: this.#counters,
      redactor: this.#redactor,
    })
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @throws {ClosedError} after `close()` */
  assertOpen(): void {
    if (this.#abort.signal.aborted) throw new ClosedError()
  }

  #serve({ before, now: { snapshot, origin } }: Step<T>): void {
    if (!snapshot) return
    if (snapshot !== before.snapshot || origin !== before.origin) this.#redactor.served(snapshot.value, origin)
    if (snapshot === before.snapshot) return
    // Hides the getter: requests read a plain property, which takes half the time. Not enumerable: whatever prints this
    // configuration must not show what it holds.
    Object.defineProperty(this, 'current', { value: snapshot.value, configurable: true, enumerable: false })
    this.#found = new Map()
  }

  #notify({ before, now, outcome }: Step<T>): void {
    const pending = now.origin?.pendingRestart ?? []
    if (pending.length > 0 && !isDeepStrictEqual(pending, before.origin?.pendingRestart)) this.#restarts.notify(pending)
    // the first load is reported by the promise that the program awaits
    if (!before.snapshot) return
    if (!this.#reloads.isEmpty) this.#reloads.notify(reloadOf(outcome))
    if (outcome.type === 'changed' && outcome.change) this.#changes.notify(outcome.change)
    if (outcome.type === 'rejected' && !isRepeated(before, outcome)) this.#rejects.notify(outcome.rejection)
  }

  #listeners<A extends readonly unknown[]>(failed: string): Listeners<A> {
    return new Listeners<A>((error) => this.#failed(failed, error))
  }

  #failed(what: string, error: unknown): void {
    this.#counters.listenerErrors++
    this.#log.failed(what, error)
  }

  async #close(): Promise<void> {
    const closed = new ClosedError()
    this.#abort.abort(closed)
    this.updater.close(closed)
    this.#sources.close()
    for (const listeners of [this.#changes, this.#rejects, this.#reloads]) listeners.clear()
    // one turn of the event loop later handles are closed, and resources that were being built are released
    await setImmediate()
    await this.#preparation.close()
  }
}
