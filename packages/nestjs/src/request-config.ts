import type { Server, ServerResponse } from 'node:http'

import type { RegisteredConfig, RequestPin, RunInRequest } from '@hot-config/core'
import { configProperty } from '@hot-config/core/internal'
import type { AbstractHttpAdapter } from '@nestjs/core'

import { configOf } from './hot-config.service.js'
import type { HotConfigService } from './hot-config.service.js'

/** The property that requests have on Express and on Fastify: `@Req() request: FastifyRequest & HotConfigRequest`. */
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

/** Defines `request.config` once for all requests of the app. Requests that do not read it cost nothing. */
export function defineRequestConfig(adapter: AbstractHttpAdapter, service: HotConfigService): void {
  const { get, set } = configProperty((request) => configOf(service, request) as RegisteredConfig)
  const app: unknown = adapter.getInstance()
  if (adapter.getType() === 'fastify') (app as FastifyApp).decorateRequest('config', { getter: get, setter: set })
  else Object.defineProperty((app as ExpressApp).request, 'config', { get, set, enumerable: true })
}

/** Runs every request in the context that `requestConfig()` reads, before any middleware of a module. */
export function openRequests(adapter: AbstractHttpAdapter, service: HotConfigService, run: RunInRequest): void {
  adapter.use((request: object, _response: unknown, next: () => void) => {
    run(new RequestInContext(service, request), next)
  })
}

/**
 * Counts every request for the guard: at the server, because middleware of `app.use()` comes before ours and may answer, and
 * by middleware, because not all requests come through the server.
 */
export function watchAllRequests(adapter: AbstractHttpAdapter, watch: NonNullable<RequestPin<unknown>['watch']>): void {
  const server = adapter.getHttpServer() as Server | undefined
  server?.prependListener('request', watch)
  adapter.use((request: object, response: ServerResponse, next: () => void) => {
    watch(request, response)
    next()
  })
}

/** The request that middleware receives. On Fastify this is the request of Node, which has no `config` of its own. */
class RequestInContext {
  readonly #service: HotConfigService
  readonly #request: object

  constructor(service: HotConfigService, request: object) {
    this.#service = service
    this.#request = request
  }

  get config(): RegisteredConfig {
    return configOf(this.#service, this.#request) as RegisteredConfig
  }
}
