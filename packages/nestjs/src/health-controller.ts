import { answerHealth } from '@hot-config/core'
import type { HealthOptions, HealthRequest } from '@hot-config/core'
import { Controller, Get, Inject, Req, Res, ServiceUnavailableException, VERSION_NEUTRAL } from '@nestjs/common'
import type { Type } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'

import { LOADED } from './module-state.js'
import type { Loaded } from './module-state.js'

/** Serves the health report at its path, below the app's global prefix and for every version of the API. */
export function healthController(options: HealthOptions & { readonly path: string }): Type {
  @Controller({ path: options.path, version: VERSION_NEUTRAL })
  class HotConfigHealthController {
    readonly #config: Loaded['config']
    readonly #host: HttpAdapterHost

    constructor(@Inject(LOADED) { config }: Loaded, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
      this.#config = config
      this.#host = host
    }

    @Get()
    async health(@Req() request: HealthRequest, @Res() response: unknown): Promise<void> {
      if (!this.#config) throw new ServiceUnavailableException('the HotConfigService of this test has no report')
      const { httpAdapter } = this.#host
      const { statusCode, headers, body } = await answerHealth(this.#config, request, options)
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value)
      if (httpAdapter.getType() !== 'express') return httpAdapter.reply(response, text, statusCode)
      // `reply` would let Express add an ETag and answer 304, but the report must not be cached.
      httpAdapter.status(response, statusCode)
      httpAdapter.setHeader(response, 'content-length', String(Buffer.byteLength(text)))
      httpAdapter.end(response, text)
    }
  }
  return HotConfigHealthController
}
