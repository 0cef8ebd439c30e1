import type { HealthRequest } from '@hot-config/core'
import { answerReadHealth, isAnswered, textOfAnswer } from '@hot-config/core/internal'
import type { Answerable, Health } from '@hot-config/core/internal'
import {
  Controller,
  Get,
  Inject,
  Req,
  Res,
  ServiceUnavailableException,
  SetMetadata,
  VERSION_NEUTRAL,
} from '@nestjs/common'
import type { OnModuleInit, Type } from '@nestjs/common'
import { HttpAdapterHost, ModuleRef } from '@nestjs/core'

import { LOADED } from './module-state.js'
import type { Loaded } from './module-state.js'

/** The metadata keys of other packages. Importing their decorators would make them dependencies. */
const SWAGGER_EXCLUDE = 'swagger/apiExcludeController'
const FASTIFY_ROUTE_CONFIG = '__fastify_route_config__'
const THROTTLER_SKIP = 'THROTTLER:SKIP'
const THROTTLER_OPTIONS = 'THROTTLER:MODULE_OPTIONS'

type ThrottlerOptions = readonly { readonly name?: string }[]

/** Serves the health report at its path, below the app's global prefix and for every version of the API. */
export function healthController(options: Health): Type {
  // The routes of several configurations would share one operationId.
  @SetMetadata(SWAGGER_EXCLUDE, [true])
  @Controller({ path: options.path, version: VERSION_NEUTRAL })
  class HotConfigHealthController implements OnModuleInit {
    readonly #config: Loaded['config']
    readonly #host: HttpAdapterHost
    readonly #modules: ModuleRef

    constructor(
      @Inject(LOADED) { config }: Loaded,
      @Inject(HttpAdapterHost) host: HttpAdapterHost,
      @Inject(ModuleRef) modules: ModuleRef,
    ) {
      this.#config = config
      this.#host = host
      this.#modules = modules
    }

    /** A rate limit of the whole app must not answer probes with 429, which would restart or unlist the pod. */
    onModuleInit(): void {
      for (const name of throttlersOf(this.#modules)) {
        Reflect.defineMetadata(`${THROTTLER_SKIP}${name}`, true, HotConfigHealthController)
      }
    }

    @SetMetadata(FASTIFY_ROUTE_CONFIG, { rateLimit: false })
    @Get()
    async health(
      @Req() request: HealthRequest & { readonly raw?: HealthRequest },
      @Res() response: Answerable & { readonly raw?: Answerable },
    ): Promise<void> {
      if (!this.#config) throw new ServiceUnavailableException('the HotConfigService of this test has no report')
      const { httpAdapter } = this.#host
      const answer = await answerReadHealth(this.#config, options, request, request.raw ?? request)
      if (isAnswered(response.raw ?? response)) return
      const { text, headers } = textOfAnswer(answer)
      for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value)
      if (httpAdapter.getType() !== 'express') return httpAdapter.reply(response, text, answer.statusCode)
      // `reply` would let Express add an ETag and answer 304, but the report must not be cached.
      httpAdapter.status(response, answer.statusCode)
      httpAdapter.end(response, text)
    }
  }
  return HotConfigHealthController
}

/** The names of the limits of @nestjs/throttler, if the app has it. */
function throttlersOf(modules: ModuleRef): string[] {
  try {
    const options = modules.get<ThrottlerOptions | { readonly throttlers: ThrottlerOptions }>(THROTTLER_OPTIONS, {
      strict: false,
    })
    const throttlers = 'throttlers' in options ? options.throttlers : options
    return throttlers.map(({ name = 'default' }) => name)
  } catch {
    return []
  }
}
