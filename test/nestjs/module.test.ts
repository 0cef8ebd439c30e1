import { createHotConfig, values } from '@hot-config/core'
import type { InferConfig } from '@hot-config/core'
import { HotConfigModule, HotConfigService, LiveConfig } from '@hot-config/nestjs'
import type { HotConfigModuleOptions, HotConfigRequest, HotConfigOptionsFactory } from '@hot-config/nestjs'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { ConsoleLogger, Controller, Get, Inject, Injectable, Logger, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'

import { eventually } from '../support/eventually.ts'
import { inotifyWatches } from '../support/inotify.ts'
import { loadError } from '../support/load-error.ts'
import { json, moduleOf, platforms, serve, start } from './support.ts'

const schema = z.object({ port: z.number() })

/** What keeps the process alive, without what comes and goes in a test runner. */
function openHandles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((type) => type.endsWith('Wrap'))
    .sort()
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('forRoot', () => {
  it('works with defaults alone', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 8080\n' })
    vi.stubEnv('HOT_CONFIG_PATH', volume.path)
    await using started = await start({ imports: [HotConfigModule.forRoot()] })
    expect(started.app.get(HotConfigService).current).toEqual({ port: 8080 })
  })

  it('follows its sources and validates with its schema', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 8080\n' })
    await using started = await start({ imports: [HotConfigModule.forRoot({ schema, sources: volume.path })] })
    const service = started.app.get<HotConfigService<InferConfig<typeof schema>>>(HotConfigService)
    await volume.update({ 'app.yaml': 'port: 8081\n' })
    await eventually(() => expect(service.current.port).toBe(8081))
    await volume.update({ 'app.yaml': 'port: much\n' })
    await eventually(() => expect(service.health().status).toBe('warn'))
    expect(service.current.port).toBe(8081)
  })

  it('provides the service where it is imported, or everywhere with isGlobal', async () => {
    @Injectable()
    class User {
      @Inject(HotConfigService) readonly service!: HotConfigService
    }
    const feature = moduleOf({ providers: [User] })
    const config = createTestConfig({ port: 8080 })

    const local = { imports: [HotConfigModule.forRoot({ config }), feature] }
    await expect(start(local)).rejects.toThrow(/can't resolve dependencies of the User.*HotConfigService/s)

    const global = { imports: [HotConfigModule.forRoot({ config, isGlobal: true }), feature] }
    await using started = await start(global)
    expect(started.app.get(User, { strict: false }).service.current).toEqual({ port: 8080 })
  })

  it('rejects options beside a given configuration, and unknown options', async () => {
    const config = createTestConfig({})
    const both = HotConfigModule.forRoot({ config, recheckMs: 10 })
    await expect(start({ imports: [both] })).rejects.toThrow('recheckMs: belongs to the configuration that is given')
    const typo = HotConfigModule.forRoot({ source: '/etc/config' } as HotConfigModuleOptions)
    await expect(start({ imports: [typo] })).rejects.toThrow('source: unknown option (did you mean "sources"?)')
  })
})

describe('forRootAsync', () => {
  @Injectable()
  class Settings {
    readonly port = 8080
  }
  const settings = moduleOf({ providers: [Settings], exports: [Settings] })

  @Injectable()
  class Factory implements HotConfigOptionsFactory {
    @Inject(Settings) readonly settings!: Settings

    async createHotConfigOptions(): Promise<HotConfigModuleOptions> {
      return { sources: values({ port: this.settings.port }) }
    }
  }

  it.each([
    {
      given: 'useFactory',
      options: {
        inject: [Settings],
        useFactory: async ({ port }: Settings): Promise<HotConfigModuleOptions> => ({ sources: values({ port }) }),
      },
    },
    { given: 'useClass', options: { useClass: Factory } },
  ])('reads options from injected providers by $given', async ({ options }) => {
    const module = HotConfigModule.forRootAsync({ imports: [settings], ...options })
    await using started = await start({ imports: [module] })
    expect(started.app.get(HotConfigService).current).toEqual({ port: 8080 })
  })

  it('reads options from an existing provider', async () => {
    const factories = moduleOf({ imports: [settings], providers: [Factory], exports: [Factory] })
    const module = HotConfigModule.forRootAsync({ imports: [factories], useExisting: Factory, isGlobal: true })
    await using started = await start({ imports: [module] })
    expect(started.app.get(HotConfigService).current).toEqual({ port: 8080 })
  })
})

describe('a first load that fails', () => {
  it.each(platforms)(
    'fails NestFactory.create on %s with every problem, and leaves nothing open',
    async (_, create) => {
      await using volume = await createConfigMapVolume()
      await volume.update({ 'app.yaml': 'port: much\n' })
      const before = openHandles()
      const root = moduleOf({ imports: [HotConfigModule.forRoot({ schema, sources: volume.path })] })
      const starting = NestFactory.create(root, create(), { logger: false, abortOnError: false })
      expect((await loadError(starting)).issues).toMatchObject([{ path: 'port' }])
      await eventually(() => expect(openHandles()).toEqual(before))
    },
  )
})

describe('shutdown', () => {
  it.each(platforms)('leaves nothing open on %s', async (_, create) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 8080\n' })
    const before = openHandles()
    const served = await serve(create(), { imports: [HotConfigModule.forRoot({ sources: volume.path })] })
    const service = served.app.get<HotConfigService>(HotConfigService)
    const response = await fetch(`${served.url}/config/health`, { headers: { connection: 'close' } })
    await response.arrayBuffer()
    await served.app.close()
    await eventually(() => expect(openHandles()).toEqual(before))
    await expect(service.config.reload()).rejects.toThrow('closed')
    expect(service.current).toEqual({ port: 8080 })
  })

  it('leaves a given configuration open', async () => {
    await using config = await createHotConfig({ sources: values({ port: 8080 }) })
    const started = await start({ imports: [HotConfigModule.forRoot({ config })] })
    await started.app.close()
    expect(await config.reload()).toBe('unchanged')
  })
})

describe('an app that fails to start', () => {
  class Failing {
    onModuleInit(): void {
      throw new Error('no database')
    }
  }
  const fail = async (): Promise<never> => {
    throw new Error('no database')
  }

  it.each(platforms)('leaves nothing open once it is closed on %s', async (_, create) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 8080\n' })
    const before = inotifyWatches()
    const root = moduleOf({ imports: [HotConfigModule.forRoot({ sources: volume.path })], providers: [Failing] })
    const app = await NestFactory.create(root, create(), { logger: false, abortOnError: false })
    await expect(app.init()).rejects.toThrow('no database')
    await app.close()
    expect(inotifyWatches()).toBe(before)
  })

  it.each([
    { when: 'after the first load', inject: [HotConfigService] },
    { when: 'during the first load', inject: [] },
  ])('leaves nothing open once its signal aborts, where Nest returns no app, $when', async ({ inject }) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 8080\n' })
    const before = inotifyWatches()
    const abort = new AbortController()
    const root = moduleOf({
      imports: [HotConfigModule.forRoot({ sources: volume.path, signal: abort.signal })],
      providers: [{ provide: 'database', useFactory: fail, inject }],
    })
    await expect(NestFactory.create(root, { logger: false, abortOnError: false })).rejects.toThrow('no database')
    abort.abort()
    await eventually(() => expect(inotifyWatches()).toBe(before))
  })
})

describe('the log', () => {
  class Recorder extends ConsoleLogger {
    readonly lines: string[] = []

    override printMessages(messages: unknown[], context = '', level = 'log'): void {
      this.lines.push(...messages.map((message) => `${level} [${context}] ${String(message)}`))
    }
  }

  it("is Nest's, with a context of its own, unless another logger is given", async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 8080\n' })
    const logger = new Recorder()
    const root = moduleOf({
      imports: [
        HotConfigModule.forRoot({ schema, sources: volume.path }),
        HotConfigModule.forRoot({ schema, sources: volume.path, name: 'billing' }),
        HotConfigModule.forRoot({ schema, sources: volume.path, name: 'quiet', logger: false }),
      ],
    })
    const app = await NestFactory.createApplicationContext(root, { logger })
    const service = app.get<HotConfigService<InferConfig<typeof schema>>>(HotConfigService)
    service.onChange(() => {
      throw new Error('a mistake in the program')
    })
    const logged = (text: RegExp): Promise<void> =>
      eventually(() => expect(logger.lines).toContainEqual(expect.stringMatching(text)))
    await logged(/^log \[HotConfig\] configuration loaded \{ version: 1, digest: 'sha256:/)
    await logged(/^log \[HotConfig:billing\] configuration loaded/)

    await volume.update({ 'app.yaml': 'port: 8081\n' })
    await logged(/^log \[HotConfig\] configuration changed \{ version: 2, .*'port'/)
    await logged(/^error \[HotConfig\] a listener failed .*a mistake in the program/s)

    await volume.update({ 'app.yaml': 'port: much\n' })
    await logged(/^warn \[HotConfig\] update rejected/)
    await app.close()
    expect(logger.lines.filter((line) => line.includes('quiet'))).toEqual([])
    Logger.overrideLogger(false)
  })
})

describe('a testing module', () => {
  @Controller()
  class Root {
    @Get()
    find(@LiveConfig('port') port: number, @Req() request: HotConfigRequest): unknown {
      return [port, request.config]
    }
  }

  it.each(platforms)('accepts another service in place of its own on %s', async (_, create) => {
    const imports = [HotConfigModule.forRoot({ sources: values({}) })]
    const testing = await Test.createTestingModule({ imports, controllers: [Root] })
      .overrideProvider(HotConfigService)
      .useValue(new HotConfigService(createTestConfig({ port: 1 })))
      .compile()
    const app = testing.createNestApplication(create(), { logger: false })
    await app.listen(0, '127.0.0.1')
    expect(app.get(HotConfigService).current).toEqual({ port: 1 })
    expect(await json(await app.getUrl())).toEqual([1, { port: 1 }])
    await app.close()
  })
})

describe('types', () => {
  it('are those of the configuration', () => {
    type Service = HotConfigService<InferConfig<typeof schema>>
    expectTypeOf<Service['current']>().toEqualTypeOf<{ readonly port: number }>()
    expectTypeOf<Service['get']>().parameter(0).toEqualTypeOf<'port'>()
    expectTypeOf<ReturnType<Service['forRequest']>>().toEqualTypeOf<{ readonly port: number }>()
    expectTypeOf<HotConfigService['current']>().toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })
})
