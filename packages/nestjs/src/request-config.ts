import type { RegisteredConfig } from '@hot-config/core'
import type { AbstractHttpAdapter } from '@nestjs/core'

import type { HotConfigService } from './hot-config.service.js'

/** What the module adds to requests, on both platforms: `@Req() request: FastifyRequest & HotConfigRequest`. */
export interface HotConfigRequest {
  /** The configuration as it was when this request first read it: the same until the request ends. */
  readonly config: RegisteredConfig
}

interface FastifyApp {
  decorateRequest(name: string, property: { getter(this: object): unknown }): void
}

interface ExpressApp {
  readonly request: object
}

/** Defines `request.config` once for all requests of the app, so that a request that doesn't read it pays nothing. */
export function defineRequestConfig(adapter: AbstractHttpAdapter, service: HotConfigService): void {
  function config(this: object): unknown {
    return service.forRequest(this)
  }
  const app: unknown = adapter.getInstance()
  switch (adapter.getType()) {
    case 'fastify':
      ;(app as FastifyApp).decorateRequest('config', { getter: config })
      break
    case 'express':
      Object.defineProperty((app as ExpressApp).request, 'config', { get: config, enumerable: true })
      break
  }
}
