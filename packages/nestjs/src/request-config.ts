import type { RegisteredConfig, RunInRequest } from '@hot-config/core'
import { configProperty } from '@hot-config/core/internal'
import type { AbstractHttpAdapter } from '@nestjs/core'

import type { HotConfigService } from './hot-config.service.js'

/** What requests have on both platforms, for types: `@Req() request: FastifyRequest & HotConfigRequest`. */
export interface HotConfigRequest {
  /** The configuration as it was when this request first read it: the same until the request ends. */
  readonly config: RegisteredConfig
}

declare global {
  namespace Express {
    interface Request {
      /** The configuration as it was when this request first read it: the same until the request ends. */
      readonly config: RegisteredConfig
    }
  }
}

interface FastifyApp {
  decorateRequest(
    name: string,
    property: { getter(this: object): unknown; setter(this: object, value: unknown): void },
  ): void
}

interface ExpressApp {
  readonly request: object
}

/** Defines `request.config` once for all requests of the app, so that those which don't read it pay nothing. */
export function defineRequestConfig(adapter: AbstractHttpAdapter, service: HotConfigService): void {
  const { get, set } = configProperty((request) => service.forRequest(request))
  const app: unknown = adapter.getInstance()
  if (adapter.getType() === 'fastify') (app as FastifyApp).decorateRequest('config', { getter: get, setter: set })
  else Object.defineProperty((app as ExpressApp).request, 'config', { get, set, enumerable: true })
}

/** Takes every request through the context that `requestConfig()` reads, before all middleware of modules. */
export function openRequests(adapter: AbstractHttpAdapter, service: HotConfigService, run: RunInRequest): void {
  adapter.use((request: object, _response: unknown, next: () => void) => {
    run(new RequestInContext(service, request), next)
  })
}

/** A request as middleware gets it, which on Fastify is Node's and has no config. */
class RequestInContext {
  readonly #service: HotConfigService
  readonly #request: object

  constructor(service: HotConfigService, request: object) {
    this.#service = service
    this.#request = request
  }

  get config(): RegisteredConfig {
    return this.#service.forRequest(this.#request)
  }
}
