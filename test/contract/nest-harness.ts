import { HotConfigModule, HotConfigService } from '@hot-config/nestjs'
import { All, Controller, Module, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { AbstractHttpAdapter } from '@nestjs/core'
import core from '@nestjs/core/package.json' with { type: 'json' }

import type { AdapterHarness, ContractConfig, RequestUnderTest } from './harness.ts'

/** The version is that of the vitest project: see vitest.config.ts. */
export function nestHarness(platform: string, create: () => AbstractHttpAdapter): AdapterHarness {
  return {
    name: `NestJS ${core.version.split('.')[0]} on ${platform}`,
    async start({ options, handler }) {
      @Controller()
      class Root {
        @All()
        async answer(@Req() request: RequestUnderTest): Promise<unknown> {
          return handler(request)
        }
      }
      @Module({ imports: [HotConfigModule.forRoot(options)], controllers: [Root] })
      class App {}
      const app = await NestFactory.create(App, create(), { logger: false, abortOnError: false })
      await app.listen(0, '127.0.0.1')
      const { config } = app.get<HotConfigService<ContractConfig>>(HotConfigService)
      return { url: await app.getUrl(), config, close: () => app.close() }
    },
  }
}
