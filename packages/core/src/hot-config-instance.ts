import { setImmediate } from 'node:timers/promises'

import { createAbort } from './async/abort.js'
import { coalesce } from './async/coalesce.js'
import type { Unsubscribe } from './async/listeners.js'
import { ClosedError, ConfigError, NotReadyError } from './errors/errors.js'
import type { ChangeListener, HotConfig, RejectListener } from './hot-config.js'
import type { HealthReport } from './reports/health.js'
import type { HistoryEntry } from './reports/history.js'
import type { Logger } from './reports/logger.js'
import type { PartListener } from './reports/notifications.js'
import { Reports } from './reports/reports.js'
import { createValidator } from './schemas/create-validator.js'
import { allNames } from './schemas/known-names.js'
import type { Schema } from './schemas/schema.js'
import type { UnknownPolicy } from './schemas/validator.js'
import { Redactor } from './secrets/redactor.js'
import { Finder } from './snapshots/finder.js'
import type { Snapshot } from './snapshots/snapshot.js'
import { SourceSet } from './sources/source-set.js'
import type { LastGoodSettings } from './sources/last-good/last-good-option.js'
import type { Source } from './sources/source.js'
import type { DeepReadonly } from './trees/deep-readonly.js'
import { PathPatterns } from './trees/path-patterns.js'
import type { Path, PathValue, Selector } from './trees/path-types.js'
import { selectorOf } from './trees/path.js'
import { firstLoad } from './updates/first-load.js'
import { LastGood } from './updates/last-good.js'
import { Preparation } from './updates/preparation.js'
import type { BeforeChangeHook, BeforeChangeOptions } from './updates/preparation.js'
import type { ReloadListener, ReloadResult } from './updates/reload.js'
import { LiveResource } from './updates/resource.js'
import type { CreateResource, Resource, ResourceOptions } from './updates/resource.js'
import type { Step } from './updates/state.js'
import { Updater } from './updates/updater.js'

export interface InstanceOptions {
  readonly sources: readonly Source[]
  readonly recheckMs: number
  readonly logger: Logger
  readonly redact?: readonly string[]
  readonly restartRequired?: readonly string[]
  readonly onPendingRestart?: (paths: readonly string[]) => unknown
  /** Default `warn`. */
  readonly unknown?: UnknownPolicy
  readonly maxDelayMs?: number
  readonly emptied?: 'reject' | 'accept'
  readonly lastGood?: LastGoodSettings | undefined
  readonly signal?: AbortSignal
}

export interface StartSettings {
  /** How long the first load may take, in milliseconds. Default: as long as its sources may. */
  readonly withinMs?: number | undefined
  /** Whether the configuration stays open when the first load fails, and is loaded as soon as it is valid. */
  readonly keepsTrying?: boolean
}

/** Composes the parts of a configuration: an updater holds its state, and what reports on it observes each step. */
export class HotConfigInstance<T> implements HotConfig<T> {
  readonly updater: Updater<T>
  readonly #sources: SourceSet
  readonly #recheckMs: number
  readonly #redactor: Redactor
  readonly #reports: Reports<T>
  readonly #preparation = new Preparation<T>()
  readonly #lastGood: LastGood | undefined
  readonly #abort = createAbort()
  readonly #check = coalesce(() => this.updater.check())
  #finder: Finder | undefined
  #closed: Promise<void> | undefined

  constructor(options: InstanceOptions) {
    const { sources, recheckMs, logger, redact = [], restartRequired = [], unknown = 'warn', maxDelayMs = 0 } = options
    const { emptied = 'reject', lastGood } = options
    this.#sources = new SourceSet(sources)
    this.#recheckMs = recheckMs
    this.#redactor = new Redactor(redact)
    this.#reports = new Reports({ logger, redactor: this.#redactor, sources: this.#sources })
    if (options.onPendingRestart) this.#reports.notifications.restarts.add(options.onPendingRestart)
    this.#lastGood = lastGood && new LastGood(lastGood, (fault) => this.#reports.log.lastGood(fault))
    this.updater = new Updater<T>({
      sources: this.#sources,
      preparation: this.#preparation,
      redactor: this.#redactor,
      restartRequired: new PathPatterns(restartRequired),
      unknown,
      maxDelayMs,
      emptied,
      lastGood: this.#lastGood,
      signal: this.#abort.signal,
    })
    this.updater.observe((step) => this.#serve(step))
    this.updater.observe((step) => this.#reports.observe(step))
    if (this.#lastGood) this.updater.observe((step) => this.#lastGood?.observe(step))
    // A signal that outlives this configuration must not keep it alive.
    options.signal?.addEventListener('abort', () => void this.close(), { signal: this.#abort.signal })
  }

  /**
   * Starts watching and takes the first snapshot.
   *
   * @throws {ConfigError} with every problem found, when there is no valid configuration
   * @throws {OptionError} for something that is no schema
   */
  async start(schema: Schema | undefined, { withinMs, keepsTrying }: StartSettings = {}): Promise<this> {
    try {
      const validator = await createValidator(schema)
      this.assertOpen()
      const { sensitive, open, known } = validator
      this.#redactor.add({ sensitive, open, names: known && allNames(known) })
      this.updater.validateWith(validator)
      for (const note of validator.notes ?? []) this.#reports.log.note(note)
      this.#sources.watch(this.#recheckMs, () => void this.reload())
      const loading = firstLoad(() => this.reload(), {
        sources: this.#sources,
        redactor: this.#redactor,
        withinMs,
        signal: this.#abort.signal,
        waiting: (awaited) => this.#reports.log.waiting(awaited),
      })
      await loading.catch(async (error: unknown) => {
        const isLate = error instanceof ConfigError
        if (!isLate || !(await this.updater.startWithout(error))) throw error
      })
      const { snapshot, rejected } = this.updater.state
      if (!snapshot) throw rejected?.rejection.error ?? new NotReadyError()
      this.#reports.log.started(this.#sources.states)
      return this
    } catch (error) {
      if (keepsTrying && error instanceof ConfigError) this.#reports.log.notLoaded(error)
      else await this.close()
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
    return (this.#finder ??= new Finder(this.current)).find(path) as PathValue<DeepReadonly<T>, P>
  }

  onChange(listener: ChangeListener<T>): Unsubscribe
  onChange<const P extends Path<T>>(path: P, listener: PartListener<T, PathValue<DeepReadonly<T>, P>>): Unsubscribe
  onChange<R>(selector: Selector<T, R>, listener: PartListener<T, R>): Unsubscribe
  onChange(what: string | ((argument: never) => unknown), listener?: PartListener<T, never>): Unsubscribe {
    if (listener === undefined) return this.#reports.notifications.changes.add(what as ChangeListener<T>)
    return this.#reports.notifications.onPart(selectorOf(what as string | Selector<T, never>), listener)
  }

  onReject(listener: RejectListener): Unsubscribe {
    return this.#reports.notifications.rejects.add(listener)
  }

  onReload(listener: ReloadListener<T>): Unsubscribe {
    return this.#reports.notifications.reloads.add(listener)
  }

  history(): HistoryEntry[] {
    return this.#reports.history.entries()
  }

  reload(): Promise<ReloadResult> {
    const result = this.#check().then((check) => check.result)
    // Only `close()` makes it reject, which must not end a process that does not await the result.
    result.catch(() => undefined)
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
    const failed = (error: unknown): void => this.#reports.failed('a resource could not be disposed of', error)
    const resource = new LiveResource<T, never, R>(what as string | Selector<T, never>, create, options, failed)
    await this.#preparation.addResource(resource, () => this.current, this.#abort.signal)
    return resource
  }

  health(): HealthReport {
    return this.#reports.health(this.updater)
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
    this.#finder = undefined
  }

  async #close(): Promise<void> {
    const closed = new ClosedError()
    this.#abort.abort(closed)
    this.updater.close(closed)
    this.#sources.close()
    const saved = this.#lastGood?.close()
    this.#reports.notifications.clear()
    // one turn of the event loop later handles are closed, and resources that were being built are released
    await setImmediate()
    await this.#preparation.close()
    await saved
  }
}
