import { Readable } from 'node:stream'

import { RequestPin } from '@hot-config/core'
import type { DeepReadonly, HealthReport, HotConfig, Registered, Snapshot } from '@hot-config/core'

/** The live configuration, for providers. */
export class HotConfigService<T = Registered> {
  /** All that `@hot-config/core` offers. */
  readonly config: HotConfig<T>
  /** What stands at a dotted path now, such as `log.level`; `undefined` where there is nothing. */
  readonly get: HotConfig<T>['get']
  /** Calls the listener after every change, or after those of the part that a path or a selector names. */
  readonly onChange: HotConfig<T>['onChange']
  /** Calls the listener with every update that was refused. */
  readonly onReject: HotConfig<T>['onReject']

  readonly #pinned: RequestPin<DeepReadonly<T>>

  constructor(config: HotConfig<T>) {
    this.config = config
    this.#pinned = new RequestPin(config)
    this.get = config.get.bind(config)
    this.onChange = config.onChange.bind(config)
    this.onReject = config.onReject.bind(config)
  }

  /** The value of the newest snapshot, deeply frozen. Read it once where several values must belong together. */
  get current(): DeepReadonly<T> {
    return this.config.current
  }

  /** The newest snapshot, with its version and digest. */
  get snapshot(): Snapshot<T> {
    return this.config.snapshot
  }

  /** What this process runs, as plain JSON that holds no configuration value. */
  health(): HealthReport {
    return this.config.health()
  }

  /**
   * The value as it was when this request first asked: the same until the request ends. For guards, interceptors and
   * middleware; takes the framework's request or, as middleware on Fastify gets it, Node's.
   */
  forRequest(request: object): DeepReadonly<T> {
    // Fastify's requests are no streams and have Node's at `raw`; Node's are, whatever an app has put there
    const { raw } = request as { readonly raw?: unknown }
    const isWrapped = typeof raw === 'object' && raw !== null && !(request instanceof Readable)
    return this.#pinned.of(isWrapped ? raw : request)
  }
}
