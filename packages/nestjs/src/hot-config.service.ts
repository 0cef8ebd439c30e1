import { Readable } from 'node:stream'

import type {
  Change,
  DeepReadonly,
  HealthReport,
  HotConfig,
  Path,
  PathValue,
  Registered,
  Selector,
  Snapshot,
} from '@hot-config/core'
import { RequestPin } from '@hot-config/core'
import { onClose } from '@hot-config/core/internal'
import { Observable } from 'rxjs'

/** A change of one part of the configuration. */
export interface PartChange<T, V> {
  readonly value: V
  readonly previous: V
  /** The change of the whole configuration. */
  readonly change: Change<T>
}

/** The live configuration, to be injected into providers and controllers. */
export class HotConfigService<T = Registered> {
  /** The configuration itself, with the whole API of `@hot-config/core`. */
  readonly config: HotConfig<T>
  /** Returns the current value at a dotted path, such as `log.level`, or `undefined` when there is none. */
  readonly get: HotConfig<T>['get']
  /** Calls the listener after every change, or only after changes of the part that a path or a selector names. */
  readonly onChange: HotConfig<T>['onChange']
  /** Calls the listener with every new rejection. The same one again is only reported by `config.onReload`. */
  readonly onReject: HotConfig<T>['onReject']

  /** Counts requests for the guard, if the configuration has one. @internal */
  readonly watchRequest: RequestPin<unknown>['watch']

  readonly #pinned: RequestPin<DeepReadonly<T>>

  constructor(config: HotConfig<T>) {
    this.config = config
    this.#pinned = new RequestPin(config)
    this.watchRequest = this.#pinned.watch
    this.get = config.get.bind(config)
    this.onChange = config.onChange.bind(config)
    this.onReject = config.onReject.bind(config)
  }

  /** The value of the newest snapshot, deeply frozen. Read it only once where several values must be consistent. */
  get current(): DeepReadonly<T> {
    return this.config.current
  }

  /** The newest snapshot, with its version and digest. */
  get snapshot(): Snapshot<T> {
    return this.config.snapshot
  }

  /**
   * Returns the current value at a dotted path.
   *
   * @throws {TypeError} when there is none
   */
  getOrThrow<const P extends Path<T>>(path: P): Exclude<PathValue<DeepReadonly<T>, P>, undefined> {
    const value = this.get(path)
    if (value === undefined) throw new TypeError(`${String(path)}: the configuration has no value at this path`)
    return value as Exclude<PathValue<DeepReadonly<T>, P>, undefined>
  }

  /**
   * Returns an observable of all changes. Each subscriber receives those that come after it has subscribed. It completes when
   * the configuration closes.
   */
  changes$(): Observable<Change<T>>
  /** Returns an observable of the changes of the part that a path or a selector names. */
  changes$<const P extends Path<T>>(path: P): Observable<PartChange<T, PathValue<DeepReadonly<T>, P>>>
  changes$<R>(select: Selector<T, R>): Observable<PartChange<T, R>>
  changes$(what?: Path<T> | Selector<T, unknown>): Observable<unknown> {
    const { config } = this
    return new Observable((subscriber) => {
      subscriber.add(
        what === undefined
          ? config.onChange((change) => subscriber.next(change))
          : config.onChange(what as Selector<T, unknown>, (value, previous, change) =>
              subscriber.next({ value, previous, change }),
            ),
      )
      subscriber.add(onClose(config, () => subscriber.complete()))
    })
  }

  /** The health report as plain JSON, without any configuration value. */
  health(): HealthReport {
    return this.config.health()
  }

  /**
   * Returns the value that was current when this request first read it, and the same value until the request ends. For
   * guards, interceptors and middleware.
   *
   * @param request the request of the framework, or the request of Node that middleware on Fastify receives
   */
  forRequest(request: object): DeepReadonly<T> {
    // A request of Fastify is not a stream and holds the request of Node in `raw`. A request of Node is a stream, and
    // an app may have set a `raw` of its own on it.
    const { raw } = request as { readonly raw?: unknown }
    const isWrapped = typeof raw === 'object' && raw !== null && !(request instanceof Readable)
    return this.#pinned.of(isWrapped ? raw : request)
  }
}

/** Returns the configuration of a request, or of any other unit of work. A stand-in of a test may have only `current`. */
export function configOf(service: HotConfigService, unit: object): unknown {
  const { forRequest } = service as Partial<HotConfigService>
  return forRequest ? forRequest.call(service, unit) : service.current
}
