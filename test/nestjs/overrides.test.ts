import { requestConfig } from '@hot-config/core'
import type { Reading, Source } from '@hot-config/core'
import { HotConfigModule, HotConfigService, LiveConfig, OnConfigChange } from '@hot-config/nestjs'
import type { HotConfigRequest } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Inject, Injectable, Req } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import type { TestingModuleBuilder } from '@nestjs/testing'
import { beforeEach, describe, expect, it } from 'vitest'

import { json, moduleOf, platforms, serve, start } from './support.ts'

interface Config {
  readonly port: number
}

let reads: number
let seen: unknown[]

/** What a test must not read: the configuration of production. */
const production: Source = {
  name: 'production',
  read(): Promise<Reading> {
    reads++
    return Promise.resolve({ revision: String(reads), entries: [{ path: ['port'], value: 80 }] })
  },
}

beforeEach(() => {
  reads = 0
  seen = []
})

@Injectable()
class Listener {
  @Inject(HotConfigService) readonly service!: HotConfigService<Config>

  @OnConfigChange('port')
  changed(port: number): void {
    seen.push(port)
  }
}

@Controller()
class Root {
  @Inject(Listener) readonly listener!: Listener

  @Get()
  find(@LiveConfig('port') port: number, @Req() request: HotConfigRequest): unknown {
    return [port, request.config['port'], requestConfig()['port'], this.listener.service.current.port]
  }
}

function appModule(imports = [HotConfigModule.forRoot({ sources: production, requestContext: true })]) {
  return moduleOf({ imports, controllers: [Root], providers: [Listener] })
}

const asyncModule = () =>
  appModule([HotConfigModule.forRootAsync({ useFactory: () => ({ sources: production, requestContext: true }) })])

const config = createTestConfig<Config>({ port: 1 })

const OVERRIDES: Record<string, (builder: TestingModuleBuilder) => TestingModuleBuilder> = {
  'overrideProvider(HotConfigService)': (builder) =>
    builder.overrideProvider(HotConfigService).useValue(new HotConfigService(config)),
  'overrideModule(HotConfigModule) with the same module': (builder) =>
    builder.overrideModule(HotConfigModule).useModule(HotConfigModule.forRoot({ config, requestContext: true })),
  'overrideModule(HotConfigModule) with another module': (builder) =>
    builder.overrideModule(HotConfigModule).useModule(
      moduleOf({
        providers: [{ provide: HotConfigService, useFactory: () => new HotConfigService(config) }],
        exports: [HotConfigService],
      }),
    ),
}

describe.each(platforms)('a test on %s', (_name, createAdapter) => {
  it.each(
    Object.entries(OVERRIDES).flatMap(([name, override]) => [
      [name, 'forRoot', appModule, override] as const,
      [name, 'forRootAsync', asyncModule, override] as const,
    ]),
  )('replaces the configuration by %s, and %s reads nothing', async (_by, _how, root, override) => {
    await config.set({ port: 1 })
    const testing = await override(Test.createTestingModule({ imports: [root()] })).compile()
    const app = testing.createNestApplication(createAdapter(), { logger: false })
    await app.listen(0, '127.0.0.1')
    const url = await app.getUrl()
    expect(await json(url)).toEqual([1, 1, 1, 1])
    await config.set({ port: 2 })
    expect(await json(url)).toEqual([2, 2, 2, 2])
    expect(seen).toEqual([2])
    expect(await json(`${url}/config/health`)).toMatchObject({ status: 'pass', digest: config.snapshot.digest })
    await app.close()
    expect(reads).toBe(0)
  })

  it('may replace the service by an object that has nothing but the current configuration', async () => {
    const testing = await Test.createTestingModule({
      imports: [HotConfigModule.forRoot({ sources: production })],
      controllers: [Bare],
    })
      .overrideProvider(HotConfigService)
      .useValue({ current: { port: 1 } })
      .compile()
    const app = testing.createNestApplication(createAdapter(), { logger: false })
    await app.listen(0, '127.0.0.1')
    expect(await json(await app.getUrl())).toEqual([1, 1])
    await app.close()
    expect(reads).toBe(0)
  })
})

@Controller()
class Bare {
  @Get()
  find(@LiveConfig('port') port: number, @Req() request: HotConfigRequest): unknown {
    return [port, request.config['port']]
  }
}

describe('HotConfigModule', () => {
  it('without forRoot() is an error that says what to write', async () => {
    const bare = 'imports: [HotConfigModule] has no options: write HotConfigModule.forRoot() in one module'
    await expect(start({ imports: [HotConfigModule] })).rejects.toThrow(bare)
    const feature = moduleOf({ imports: [HotConfigModule] })
    await expect(start({ imports: [HotConfigModule.forRoot({ config }), feature] })).rejects.toThrow(bare)
  })

  it.each([
    ['have no name', {}],
    ['have the name "billing"', { name: 'billing' }],
  ])('is rejected when two %s, before anything is read', async (which, options) => {
    const imports = [1, 2].map(() => HotConfigModule.forRoot({ ...options, sources: production, health: false }))
    await expect(start({ imports })).rejects.toThrow(
      `two HotConfigModules ${which}: write HotConfigModule.forRoot({ name`,
    )
    expect(reads).toBeLessThan(2)
  })

  it('may be imported by several modules where it is the same', async () => {
    const same = HotConfigModule.forRoot({ config, health: { path: '/health' } })
    const feature = moduleOf({ imports: [same] })
    await using served = await serve(platforms[0]![1](), { imports: [same, feature] })
    expect(await json(`${served.url}/health`)).toMatchObject({ status: 'pass' })
  })
})
