import { Readable } from 'node:stream'

import type { DeepReadonly, HealthReport, HotConfig, Registered, Snapshot } from '@hot-config/core'
import { RequestPin, watchRequests } from '@hot-config/core/internal'
import type { WatchRequest } from '@hot-config/core/internal'

/** The live configuration, to be injected into providers and controllers. */
export class HotConfigService<T = Registered> {
  /** The configuration itself, with the whole API of `@hot-config/core`. */
  readonly config: HotConfig<T>
  /** Returns the current value at a dotted path, such as `log.level`, or `undefined` when there is none. */
  readonly get: HotConfig<T>['get']
  /** Calls the listener after every change, or only after changes of the part that a path or a selector names. */
  readonly onChange: HotConfig<T>['onChange']
  /** Calls the listener with every rejection. */
  readonly onReject: HotConfig<T>['onReject']

  /** Counts requests for the guard, if the configuration has one. @internal */
  readonly watchRequest: WatchRequest | undefined

  readonly #pinned: RequestPin<DeepReadonly<T>>

  constructor(config: HotConfig<T>) {
    this.config = config
    this.#pinned = new RequestPin(() => config.current)
    this.watchRequest = watchRequests(config, this.#pinned)
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
