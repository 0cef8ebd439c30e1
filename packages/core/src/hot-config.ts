import type { Unsubscribe } from './async/listeners.js'
import type { DeepReadonly } from './trees/deep-readonly.js'
import type { Explanation } from './reports/explanation.js'
import type { HealthReport } from './reports/health.js'
import type { FirstPartListener, OnChangeOptions, PartListener } from './reports/notifications.js'
import type { HistoryEntry } from './reports/history.js'
import type { Path, PathValue, Selector } from './trees/path-types.js'
import type { BeforeChangeHook, BeforeChangeOptions } from './updates/preparation.js'
import type { Rejection } from './updates/rejection.js'
import type { ReloadListener, ReloadResult } from './updates/reload.js'
import type { CreateResource, Resource, ResourceOptions } from './updates/resource.js'
import type { Change, Snapshot } from './snapshots/snapshot.js'

export type ChangeListener<T> = (change: Change<T>) => unknown
export type RejectListener = (rejection: Rejection) => unknown

/** Configuration that follows its sources. */
export interface HotConfig<T> extends AsyncDisposable {
  /**
   * The value of the newest snapshot, deeply frozen. Read it only once where several values must be consistent.
   *
   * @throws {NotReadyError} before the first load
   */
  readonly current: DeepReadonly<T>

  /** The newest snapshot. @throws {NotReadyError} before the first load */
  readonly snapshot: Snapshot<T>

  /** Returns the value at a dotted path, such as `log.level` or `labels["a.b"]`, else `undefined`. */
  get<const P extends Path<T>>(path: P): PathValue<DeepReadonly<T>, P>

  /** Calls the listener after every swap. A listener that fails is logged and counted, and affects nothing else. */
  onChange(listener: ChangeListener<T>): Unsubscribe
  /** Calls the listener after each swap that changed the part at a path or of a selector. */
  onChange<R>(selector: Selector<T, R>, listener: PartListener<T, R>): Unsubscribe
  // Paths come last in overloads: the compiler explains why the last one does not fit, and then lists the paths.
  onChange<const P extends Path<T>>(path: P, listener: PartListener<T, PathValue<DeepReadonly<T>, P>>): Unsubscribe
  /**
   * The same, with options. With `immediate: true` the listener is also called now with the current value, so that one
   * function applies the first value and every later one. Before the first load, it is called with the first snapshot.
   */
  onChange<R>(selector: Selector<T, R>, listener: FirstPartListener<T, R>, options: OnChangeOptions): Unsubscribe
  onChange<const P extends Path<T>>(
    path: P,
    listener: FirstPartListener<T, PathValue<DeepReadonly<T>, P>>,
    options: OnChangeOptions,
  ): Unsubscribe

  /** Calls the listener with every new rejection. The same one again is only reported by {@link onReload}. */
  onReject(listener: RejectListener): Unsubscribe

  /** Calls the listener at the end of every reload after the first load, with any result. For monitoring. */
  onReload(listener: ReloadListener<T>): Unsubscribe

  /**
   * Calls the hook before every change. The hook may veto the change by throwing: the update then becomes a rejection.
   * Hooks run one after another.
   */
  beforeChange(hook: BeforeChangeHook<T>, options?: BeforeChangeOptions): Unsubscribe

  /**
   * Builds something from a part of the configuration, such as a connection pool, and rebuilds it before each swap that
   * changes the part. If that fails, the update is rejected and the current resource stays in use. A replaced resource
   * is disposed of after its grace time, and all of them on `close()`.
   *
   * @throws the error of `create` when the first resource can't be built
   */
  resource<V, R>(
    select: Selector<T, V>,
    create: CreateResource<V, R>,
    options?: ResourceOptions<R>,
  ): Promise<Resource<R>>
  resource<const P extends Path<T>, R>(
    path: P,
    create: CreateResource<PathValue<DeepReadonly<T>, P>, R>,
    options?: ResourceOptions<R>,
  ): Promise<Resource<R>>

  /**
   * Runs a unit of work, such as a job of a queue, a message or a cron tick. Everything below `work` reads one snapshot by
   * `requestConfig()`: the one that is current now, through every `await`, timer and callback. A unit inside another one, or
   * inside a request, reads the newest snapshot; after it, the outer one counts again.
   *
   * @returns what `work` returns
   * @throws what `work` throws
   * @throws {NotReadyError} before the first load
   */
  run<R>(work: () => R): R

  /**
   * Explains where the values at some paths come from, all of one snapshot and in their order. Each file is searched once for
   * all of them.
   */
  explain(paths: readonly Path<T>[]): Promise<Explanation[]>
  /**
   * Explains where the value at a path comes from: the source, file and line, what it overrides, and whether it is a default,
   * pinned by the environment or held back for a restart. Secrets are `[redacted]`.
   */
  explain(path: Path<T>): Promise<Explanation>

  /** The last 20 changes and rejections, oldest first, with redacted differences: those of the newest 1,000 values. */
  history(): HistoryEntry[]

  /**
   * Reads all sources now. A source that takes more than a second is not waited for: its update follows when it answers.
   *
   * @throws {ClosedError} after `close()`
   */
  reload(): Promise<ReloadResult>

  /** Returns the health report as plain JSON, without any configuration value. */
  health(): HealthReport

  /**
   * Stops watching and calling listeners, also those that are added later. The last snapshot stays readable. After that,
   * nothing keeps the process alive.
   */
  close(): Promise<void>
}
