import { healthResponse } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { Controller, Get, Inject, Res, VERSION_NEUTRAL } from '@nestjs/common'
import type { Type } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'

import { LOADED } from './loaded.js'
import type { Loaded } from './loaded.js'

/** Serves the health report at a path: below the app's global prefix, whatever version is asked for. */
export function healthController(path: string): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  class HotConfigHealthController {
    readonly #config: HotConfig<unknown>
    readonly #host: HttpAdapterHost

    constructor(@Inject(LOADED) { config }: Loaded, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
      this.#config = config
      this.#host = host
    }

    @Get()
    health(@Res() response: unknown): void {
      const { httpAdapter } = this.#host
      const { statusCode, headers, body } = healthResponse(this.#config.health())
      const text = JSON.stringify(body)
      for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value)
      if (httpAdapter.getType() !== 'express') return httpAdapter.reply(response, text, statusCode)
      // Express would add an ETag and make a 304 of what must not be cached
      httpAdapter.status(response, statusCode)
      httpAdapter.setHeader(response, 'content-length', String(Buffer.byteLength(text)))
      httpAdapter.end(response, text)
    }
  }
  return HotConfigHealthController
}
