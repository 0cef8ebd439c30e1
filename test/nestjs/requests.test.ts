import type { ServerResponse } from 'node:http'

import { requestConfig } from '@hot-config/core'
import type { GuardCheckContext, GuardedRequests } from '@hot-config/core'
import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import type { HotConfigRequest } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Inject, Injectable, Req, Scope, UseGuards } from '@nestjs/common'
import type { CanActivate, ExecutionContext, MiddlewareConsumer, NestModule } from '@nestjs/common'
import { ExpressAdapter } from '@nestjs/platform-express'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { json, moduleOf, platforms, serve } from './support.ts'

interface Config {
  readonly text: string
  readonly limits: { readonly rate: number }
}

const first: Config = { text: 'first', limits: { rate: 1 } }
const second: Config = { text: 'second', limits: { rate: 2 } }
const third: Config = { text: 'third', limits: { rate: 3 } }

describe.each(platforms)('a request on %s', (_name, createAdapter) => {
  it('has its configuration as request.config', async () => {
    @Controller()
    class Root {
      @Get()
      find(@Req() request: HotConfigRequest): unknown {
        return request.config
      }
    }
    const imports = [HotConfigModule.forRoot({ config: createTestConfig(first) })]
    await using served = await serve(createAdapter(), { imports, controllers: [Root] })
    expect(await json(served.url)).toEqual(first)
  })

  it('passes handlers the part at a path, or everything', async () => {
    @Controller()
    class Root {
      @Get()
      find(
        @LiveConfig('limits.rate') rate: number,
        @LiveConfig('limits') limits: Config['limits'],
        @LiveConfig() config: Config,
        @LiveConfig('no.such') none: unknown,
      ): unknown {
        return { rate, limits, config, none: String(none) }
      }
    }
    const imports = [HotConfigModule.forRoot({ config: createTestConfig(first) })]
    await using served = await serve(createAdapter(), { imports, controllers: [Root] })
    expect(await json(served.url)).toEqual({ rate: 1, limits: { rate: 1 }, config: first, none: 'undefined' })
  })

  it('keeps the snapshot of its first read, in middleware, guards, parameters and after an await', async () => {
    const config = createTestConfig(first)

    @Injectable()
    class Guard implements CanActivate {
      @Inject(HotConfigService) readonly service!: HotConfigService<Config>

      async canActivate(context: ExecutionContext): Promise<boolean> {
        const request = context.switchToHttp().getRequest<{ seen: string[] }>()
        request.seen = [this.service.forRequest(request).text]
        await config.set(third)
        return true
      }
    }

    @Controller()
    class Root {
      @Get()
      @UseGuards(Guard)
      async find(
        @LiveConfig('text') text: string,
        @Req() request: HotConfigRequest & { readonly seen: string[] },
      ): Promise<unknown> {
        await config.set(first)
        await Promise.resolve()
        return [...request.seen, text, request.config['text'], config.current.text]
      }
    }

    class App implements NestModule {
      @Inject(HotConfigService) readonly service!: HotConfigService<Config>

      configure(consumer: MiddlewareConsumer): void {
        const middleware = async (request: object, _response: unknown, next: () => void): Promise<void> => {
          await config.set(second)
          this.service.forRequest(request)
          await config.set(first)
          next()
        }
        consumer.apply(middleware).forRoutes('{*path}')
      }
    }

    const imports = [HotConfigModule.forRoot({ config, isGlobal: true }), App]
    await using served = await serve(createAdapter(), { imports, controllers: [Root] })
    expect(await json(served.url)).toEqual(['second', 'second', 'second', 'first'])
    expect(await json(served.url)).toEqual(['second', 'second', 'second', 'first'])
  })

  it('is where requestConfig() finds it: in middleware, guards, handlers and all they call', async () => {
    const config = createTestConfig(first)
    const seen: unknown[] = []

    @Injectable()
    class Guard implements CanActivate {
      canActivate(): boolean {
        seen.push(requestConfig())
        return true
      }
    }

    @Controller()
    class Root {
      @Get()
      @UseGuards(Guard)
      async find(@LiveConfig() live: Config): Promise<unknown> {
        await config.set(first)
        await Promise.resolve()
        const far: unknown = requestConfig()
        return far === live
      }
    }

    class App implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        const middleware = async (_request: unknown, _response: unknown, next: () => void): Promise<void> => {
          await config.set(second)
          seen.push(requestConfig())
          await config.set(third)
          next()
        }
        consumer.apply(middleware).forRoutes('{*path}')
      }
    }

    const imports = [App, HotConfigModule.forRoot({ config, requestContext: true })]
    await using served = await serve(createAdapter(), { imports, controllers: [Root] })
    expect(await json(served.url)).toBe(true)
    expect(seen).toEqual([second, second])
  })

  it('pins its snapshot when it first reads, not before', async () => {
    const config = createTestConfig(first)

    @Controller()
    class Root {
      @Get()
      async find(@Req() request: HotConfigRequest): Promise<unknown> {
        await config.set(second)
        const { text } = request.config
        await config.set(third)
        return [text, request.config['text']]
      }
    }
    await using served = await serve(createAdapter(), {
      imports: [HotConfigModule.forRoot({ config })],
      controllers: [Root],
    })
    expect(await json(served.url)).toEqual(['second', 'second'])
  })

  it('has it also in request-scoped controllers, and in modules that do not import the configuration', async () => {
    @Controller({ path: 'feature', scope: Scope.REQUEST })
    class FeatureController {
      @Get()
      find(@LiveConfig('text') text: string, @Req() request: HotConfigRequest): unknown {
        return [text, request.config['text']]
      }
    }
    const feature = moduleOf({ controllers: [FeatureController] })
    const imports = [HotConfigModule.forRoot({ config: createTestConfig(first) }), feature]
    await using served = await serve(createAdapter(), { imports })
    expect(await json(`${served.url}/feature`)).toEqual(['first', 'first'])
  })

  it('is counted for the guard where middleware of app.use() answers it', async () => {
    const source = drivenSource<{ status: number }>({ status: 200 })
    const counted: GuardedRequests[] = []
    const guard = { bakeMs: 60_000, intervalMs: 5, check: ({ requests }: GuardCheckContext) => counted.push(requests) }
    const imports = [HotConfigModule.forRoot({ sources: source, guard, logger: false })]
    await using served = await serve(createAdapter(), { imports }, (app) => {
      const service = app.get<HotConfigService<{ status: number }>>(HotConfigService)
      app.use((_request: unknown, response: ServerResponse) => {
        response.writeHead(service.current.status).end()
      })
    })
    source.set({ status: 500 })
    expect(await served.app.get(HotConfigService).config.reload()).toBe('changed')
    for (let i = 0; i < 3; i++) expect((await fetch(served.url)).status).toBe(500)
    await eventually(() => expect(counted.at(-1)).toEqual({ total: 3, failed: 3 }))
  })

  it('sees the configuration of its own app when a process runs several', async () => {
    @Controller()
    class Root {
      @Get()
      find(@LiveConfig('text') text: string, @Req() request: HotConfigRequest): unknown {
        return [text, request.config['text']]
      }
    }
    const app = (config: Config): ReturnType<typeof serve> =>
      serve(createAdapter(), {
        imports: [HotConfigModule.forRoot({ config: createTestConfig(config) })],
        controllers: [Root],
      })
    await using one = await app(first)
    await using two = await app(second)
    expect(await json(one.url)).toEqual(['first', 'first'])
    expect(await json(two.url)).toEqual(['second', 'second'])
  })
})

it('a request on platform-express keeps its configuration whatever the app puts at request.raw', async () => {
  const config = createTestConfig(first)

  @Controller()
  class Root {
    @Get()
    async find(@Req() request: HotConfigRequest): Promise<unknown> {
      const { text } = request.config
      await config.set(second)
      Object.assign(request, { raw: Buffer.from('the body') })
      return [text, request.config['text']]
    }
  }
  await using served = await serve(new ExpressAdapter(), {
    imports: [HotConfigModule.forRoot({ config })],
    controllers: [Root],
  })
  expect(await json(served.url)).toEqual(['first', 'first'])
})
