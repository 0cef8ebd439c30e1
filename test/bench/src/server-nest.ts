import 'reflect-metadata'

import { AsyncLocalStorage } from 'node:async_hooks'

import { requestConfig } from '@hot-config/core'
import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import { Controller, createParamDecorator, Get, Inject, Injectable, Module, Req, Scope } from '@nestjs/common'
import type { ModuleMetadata, PipeTransform } from '@nestjs/common'
import { ConfigModule, ConfigService } from '@nestjs/config'
import { NestFactory } from '@nestjs/core'

import { startBaking } from './server-baking.ts'
import { SETTINGS } from './server-settings.ts'
import type { Settings, Start } from './server-settings.ts'

type Way =
  | 'bare'
  | 'bareRequest'
  | 'bareParameter'
  | 'service'
  | 'request'
  | 'baking'
  | 'decorator'
  | 'context'
  | 'bareContext'
  | 'nestConfig'
  | 'scoped'

interface Answer {
  readonly c: number
}

@Controller()
class BareController {
  @Get()
  answer(): Answer {
    return { c: SETTINGS.a.b.c }
  }
}

@Controller()
class BareRequestController {
  @Get()
  answer(@Req() _request: object): Answer {
    return { c: SETTINGS.a.b.c }
  }
}

/** How Nest has a parameter decorator give what is in the app's own providers: by a pipe. */
const BareParameter = createParamDecorator(() => SETTINGS)

@Injectable()
class BarePipe implements PipeTransform<Settings, number> {
  transform(settings: Settings): number {
    return settings.a.b.c
  }
}

@Controller()
class BareParameterController {
  @Get()
  answer(@BareParameter(BarePipe) c: number): Answer {
    return { c }
  }
}

@Controller()
class ServiceController {
  readonly #config: HotConfigService<Settings>

  constructor(@Inject(HotConfigService) config: HotConfigService<Settings>) {
    this.#config = config
  }

  @Get()
  answer(): Answer {
    return { c: this.#config.current.a.b.c }
  }
}

@Controller()
class RequestController {
  @Get()
  answer(@Req() request: { readonly config: Settings }): Answer {
    return { c: request.config.a.b.c }
  }
}

@Controller()
class DecoratorController {
  @Get()
  answer(@LiveConfig('a.b.c') c: number): Answer {
    return { c }
  }
}

@Controller()
class ContextController {
  @Get()
  answer(): Answer {
    return { c: (requestConfig() as unknown as Settings).a.b.c }
  }
}

const storage = new AsyncLocalStorage<Settings>()

@Controller()
class BareContextController {
  @Get()
  answer(): Answer {
    return { c: (storage.getStore() as Settings).a.b.c }
  }
}

@Controller()
class NestConfigController {
  readonly #config: ConfigService

  constructor(@Inject(ConfigService) config: ConfigService) {
    this.#config = config
  }

  @Get()
  answer(): Answer {
    return { c: this.#config.getOrThrow<number>('a.b.c') }
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestSettings {
  readonly current: Settings = SETTINGS
}

@Controller()
class ScopedController {
  readonly #config: RequestSettings

  constructor(@Inject(RequestSettings) config: RequestSettings) {
    this.#config = config
  }

  @Get()
  answer(): Answer {
    return { c: this.#config.current.a.b.c }
  }
}

export const nest: Readonly<Record<Way, Start>> = {
  bare: () => serve({ controllers: [BareController] }),
  bareRequest: () => serve({ controllers: [BareRequestController] }),
  bareParameter: () => serve({ controllers: [BareParameterController] }),
  service: (volume) => serve({ imports: [live(volume)], controllers: [ServiceController] }),
  request: (volume) => serve({ imports: [live(volume)], controllers: [RequestController] }),
  baking: async (volume) => {
    const config = await startBaking(volume)
    return await serve({ imports: [HotConfigModule.forRoot({ config })], controllers: [RequestController] })
  },
  decorator: (volume) => serve({ imports: [live(volume)], controllers: [DecoratorController] }),
  context: (volume) => serve({ imports: [live(volume, true)], controllers: [ContextController] }),
  bareContext: () =>
    serve({ controllers: [BareContextController] }, (_request, _response, next) => storage.run(SETTINGS, next)),
  nestConfig: () => {
    const config = ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => SETTINGS] })
    return serve({ imports: [config], controllers: [NestConfigController] })
  },
  scoped: () => serve({ controllers: [ScopedController], providers: [RequestSettings] }),
}

function live(volume: string, requestContext = false): NonNullable<ModuleMetadata['imports']>[number] {
  return HotConfigModule.forRoot({ sources: volume, logger: false, requestContext })
}

type Middleware = (request: unknown, response: unknown, next: () => void) => void

async function serve(metadata: ModuleMetadata, middleware?: Middleware): Promise<number> {
  @Module(metadata)
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false })
  if (middleware) app.use(middleware)
  await app.listen(0, '127.0.0.1')
  return Number(new URL(await app.getUrl()).port)
}
