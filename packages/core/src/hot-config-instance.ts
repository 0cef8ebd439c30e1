import { setImmediate } from 'node:timers/promises'

import { createAbort, onAbort } from './async/abort.js'
import { coalesce } from './async/coalesce.js'
import type { Unsubscribe } from './async/listeners.js'
import { ClosedError, ConfigError, NotReadyError } from './errors/errors.js'
import type { ChangeListener, HotConfig, RejectListener } from './hot-config.js'
import type { HealthReport } from './reports/health.js'
import type { HistoryEntry } from './reports/history.js'
import type { NamedPaths } from './reports/named-paths.js'
import type { InstanceOptions } from './options.js'
import type { FirstPartListener, OnChangeOptions } from './reports/notifications.js'
import { Reports } from './reports/reports.js'
import type { Schema } from './schemas/schema.js'
import { Redactor } from './secrets/redactor.js'
import { Finder } from './snapshots/finder.js'
import { runPinned, runUnpinned } from './snapshots/snapshot-context.js'
import type { Snapshot } from './snapshots/snapshot.js'
import { SourceSet } from './sources/source-set.js'
import type { DeepReadonly } from './trees/deep-readonly.js'
import { PathPatterns } from './trees/path-patterns.js'
import type { Path, PathValue, Selector } from './trees/path-types.js'
import { selectorOf } from './trees/path.js'
import { firstLoad } from './updates/first-load.js'
import type { StartParts, StartSettings } from './updates/first-load.js'
import { Preparation } from './updates/preparation.js'
import type { BeforeChangeHook, BeforeChangeOptions } from './updates/preparation.js'
import { awaitedResult, resultOf } from './updates/awaited-result.js'
import type { ReloadListener, ReloadResult } from './updates/reload.js'
import { LiveResource } from './updates/resource.js'
import type { CreateResource, Resource, ResourceOptions } from './updates/resource.js'
import { SafeChange } from './updates/safe-change.js'
import type { Step } from './updates/state.js'
import { Updater } from './updates/updater.js'

/** Composes the parts of a configuration: an updater holds its state, and reports observe each step. */
export class HotConfigInstance<T> implements HotConfig<T> {
  readonly updater: Updater<T>
  readonly #parts: StartParts<T>
  readonly #reports: Reports<T>
  readonly #preparation = new Preparation<T>()
  readonly #safe: SafeChange<T>
  readonly #abort = createAbort()
  readonly closing: AbortSignal = this.#abort.signal // of `close()`
  readonly #check = coalesce(() => runUnpinned(() => this.updater.check()))
  readonly #reload = (): Promise<ReloadResult> => resultOf(this.#check())
  #finder: Finder | undefined
  #closed: Promise<void> | undefined

  constructor(options: InstanceOptions) {
    const { recheckMs, logger, redact = [], restartRequired = [], unknown = 'warn', maxDelayMs = 0 } = options
    const { signal } = this.#abort
    const sources = new SourceSet(options.sources)
    const redactor = new Redactor(redact)
    this.#reports = new Reports({ logger, redactor, sources, known: () => this.updater.schema.validator.known })
    this.namedPaths.add('redact', redact)
    this.namedPaths.add('restartRequired', restartRequired)
    if (options.onPendingRestart) this.#reports.notifications.restarts.add(options.onPendingRestart)
    const safe = (this.#safe = new SafeChange<T>(options, { log: this.#reports.log, redactor }))
    const { emptied = 'reject' } = options
    const settings = { restartRequired: new PathPatterns(restartRequired), unknown, maxDelayMs, emptied, safe }
    const again = { preparation: this.#preparation, checkAgain: this.#check }
    this.updater = new Updater<T>({ ...settings, ...again, sources, redactor, signal })
    this.updater.observe((step) => this.#serve(step))
    this.#safe.follow(this)
    this.updater.observe((step) => this.#reports.observe(step))
    const { log } = this.#reports
    this.#parts = { updater: this.updater, safe, sources, redactor, recheckMs, log, reload: this.#reload, signal }
    if (options.signal) onAbort(options.signal, () => void this.close(), signal)
  }

  /**
   * Starts watching and takes the first snapshot. When that fails, it closes the configuration, unless it keeps trying.
   *
   * @throws {ConfigError} with every problem found, when there is no valid configuration
   * @throws {OptionError} when `schema` is not a schema
   * @throws {ClosedError} when the configuration is closed meanwhile
   */
  async start(schema: Schema | undefined, { withinMs, keepsTrying }: StartSettings = {}): Promise<this> {
    try {
      await runUnpinned(() => firstLoad(schema, this.#parts, withinMs))
      this.#reports.log.started(this.#parts.sources.states)
      return this
    } catch (error) {
      if (keepsTrying && error instanceof ConfigError) this.#reports.log.notLoaded(error, this.#parts.sources)
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

  // The types are those of the interface: `unknown` accepts all of its overloads.
  onChange(what: unknown, listener?: unknown, options?: OnChangeOptions): Unsubscribe {
    const { notifications } = this.#reports
    if (listener === undefined) return notifications.changes.add(what as ChangeListener<T>)
    const select = selectorOf(what as string | Selector<T, never>)
    const unsubscribe = notifications.onPart(select, listener as FirstPartListener<T, never>, options)
    if (typeof what === 'string') this.namedPaths.add('onChange', [what])
    return unsubscribe
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
    return awaitedResult(this.#check())
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
    const failed = (error: unknown): void =>
      this.#reports.failed(`a resource could not be disposed of${this.#preparation.whichOf(resource)}`, error)
    const resource = new LiveResource<T, never, R>(what as string | Selector<T, never>, create, options, failed)
    if (typeof what === 'string') this.namedPaths.add('resource', [what])
    await this.#preparation.addResource(resource, () => this.current, this.closing)
    return resource
  }

  run<R>(work: () => R): R {
    return runPinned({ config: this.current }, work)
  }

  // As above: `never` is the result of both overloads.
  explain(what: string | readonly string[]): Promise<never> {
    return this.#reports.explain(this.updater.state, what) as Promise<never>
  }

  health(): HealthReport {
    return this.#reports.health(this.updater, this.#safe.health)
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Finds paths that the program names, and that neither the schema nor the configuration has. */
  get namedPaths(): NamedPaths {
    return this.#reports.namedPaths
  }

  /** @throws {ClosedError} after `close()` */
  assertOpen(): void {
    if (this.closing.aborted) throw new ClosedError()
  }

  #serve({ before, now: { snapshot } }: Step<T>): void {
    if (!snapshot || snapshot === before.snapshot) return
    // Hides the getter, because requests read a plain property in half the time. It is not enumerable, so that printing
    // this object does not show the values.
    Object.defineProperty(this, 'current', { value: snapshot.value, configurable: true, enumerable: false })
    this.#finder = undefined
  }

  async #close(): Promise<void> {
    this.#abort.abort(new ClosedError())
    this.updater.close(this.closing.reason as ClosedError)
    this.#parts.sources.close()
    const saved = this.#safe.close()
    this.#reports.notifications.clear()
    // After one turn of the event loop, handles are closed and resources that were being built are released.
    await setImmediate()
    await this.#preparation.close()
    await saved
  }
}
