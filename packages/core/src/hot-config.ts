import type { DeepReadonly } from './deep-readonly.js'
import type { HealthReport } from './health.js'
import type { HistoryEntry } from './history.js'
import type { Path, PathValue, Selector } from './paths.js'
import type { Rejection } from './rejection.js'
import type { Change, Snapshot } from './snapshot.js'

/** What a reload came to. The details are in the change or in `health().lastRejection`. */
export type ReloadResult = 'changed' | 'unchanged' | 'rejected'

export type ChangeListener<T> = (change: Change<T>) => unknown
export type PartListener<T, V> = (value: V, previous: V, change: Change<T>) => unknown
export type RejectListener = (rejection: Rejection) => unknown
export type Unsubscribe = () => void

/** Configuration that follows its sources. */
export interface HotConfig<T> extends AsyncDisposable {
  /**
   * The value of the newest snapshot, deeply frozen. Read it once where several values must belong together.
   *
   * @throws {NotReadyError} before the first load
   */
  readonly current: DeepReadonly<T>

  /** The newest snapshot. @throws {NotReadyError} before the first load */
  readonly snapshot: Snapshot<T>

  /** What stands at a dotted path, such as `log.level`; `undefined` where there is nothing. */
  get<const P extends Path<T>>(path: P): PathValue<DeepReadonly<T>, P>

  /** Calls the listener after every swap. A listener that fails is logged and counted and disturbs nobody. */
  onChange(listener: ChangeListener<T>): Unsubscribe
  /** Calls the listener after a swap that changed the part a path or a selector names. */
  onChange<const P extends Path<T>>(path: P, listener: PartListener<T, PathValue<DeepReadonly<T>, P>>): Unsubscribe
  onChange<R>(selector: Selector<T, R>, listener: PartListener<T, R>): Unsubscribe

  /** Calls the listener with every update that was refused. */
  onReject(listener: RejectListener): Unsubscribe

  /** The last 20 changes and rejections, oldest first, with redacted differences. */
  history(): HistoryEntry[]

  /**
   * Reads all sources now.
   *
   * @throws {ClosedError} after `close()`
   */
  reload(): Promise<ReloadResult>

  /** What this process runs, as plain JSON that holds no configuration value. */
  health(): HealthReport

  /** Stops watching and calling listeners. The last snapshot stays readable; nothing keeps the process alive. */
  close(): Promise<void>
}
