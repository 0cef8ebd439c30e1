import { setTimeout } from 'node:timers/promises'

import { createHotConfig, values } from '@hot-config/core'
import type { Resource } from '@hot-config/core'
import { HotConfigModule, HotConfigService, resourceProvider } from '@hot-config/nestjs'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { Controller, Get, Inject, Injectable } from '@nestjs/common'
import type { DynamicModule, OnModuleInit } from '@nestjs/common'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { json, moduleOf, platforms, serve, start } from './support.ts'

interface Config {
  readonly db: { readonly host: string; readonly max: number }
}

class Pool {
  readonly db: Config['db']
  ended = 0

  constructor(db: Config['db']) {
    this.db = db
  }

  async query(): Promise<{ readonly host: string; readonly max: number; readonly ended: number }> {
    return { ...this.db, ended: this.ended }
  }

  async end(): Promise<void> {
    this.ended++
  }
}

const POOL = Symbol('pool')

@Controller()
class Things {
  readonly #pool: Resource<Pool>

  constructor(@Inject(POOL) pool: Resource<Pool>) {
    this.#pool = pool
  }

  @Get()
  find(): Promise<object> {
    return this.#pool.current.query()
  }
}

describe('resourceProvider', () => {
  it.each(platforms)('injects a resource that follows its part of the configuration, on %s', async (_, create) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'db: { host: a, max: 1 }' })
    const made: Pool[] = []
    const pool = resourceProvider({
      provide: POOL,
      select: 'db',
      useFactory: async (db: Config['db']) => {
        if (db.max > 100) throw new Error('too many connections')
        const next = new Pool(db)
        made.push(next)
        return next
      },
      dispose: (old) => old.end(),
    })
    await using served = await serve(create(), {
      imports: [HotConfigModule.forRoot({ sources: volume.path, logger: false })],
      controllers: [Things],
      providers: [pool],
    })
    expect(await json(served.url)).toEqual({ host: 'a', max: 1, ended: 0 })
    await volume.update({ 'app.yaml': 'db: { host: b, max: 1 }' })
    await eventually(async () => expect(await json(served.url)).toEqual({ host: 'b', max: 1, ended: 0 }))
    await volume.update({ 'app.yaml': 'db: { host: b, max: 101 }' })
    await eventually(async () =>
      expect(await json(`${served.url}/config/health`)).toMatchObject({
        status: 'warn',
        lastRejection: { message: 'db: a resource could not be built: too many connections' },
      }),
    )
    expect(await json(served.url)).toEqual({ host: 'b', max: 1, ended: 0 })
    await served.app.close()
    expect(made.map(({ ended }) => ended)).toEqual([1, 1])
  })

  it('accepts a selector, other providers for its factory, and the signal', async () => {
    @Injectable()
    class Metrics {
      readonly names = new Set<string>()
    }
    const config = createTestConfig({ db: { host: 'a', max: 1 } })
    const provider = resourceProvider({
      provide: POOL,
      select: ({ db }: Config) => db.host,
      useFactory: (host, { signal }, metrics: Metrics, missing: unknown) => {
        expect(signal.aborted).toBe(false)
        expect(missing).toBeUndefined()
        metrics.names.add(host)
        return { host }
      },
      inject: [Metrics, { token: 'missing', optional: true }],
    })
    await using started = await start({
      imports: [HotConfigModule.forRoot({ config })],
      providers: [Metrics, provider],
    })
    const pool = started.app.get<Resource<{ host: string }>>(POOL)
    await config.set({ db: { host: 'b', max: 1 } })
    expect(pool.current).toEqual({ host: 'b' })
    expect(Array.from(started.app.get(Metrics).names)).toEqual(['a', 'b'])
    await config.close()
  })

  it('follows the configuration that it names', async () => {
    const [config, billing] = [createTestConfig({ n: 1 }), createTestConfig({ n: 10 })]
    const provider = resourceProvider({
      provide: 'N',
      name: 'billing',
      select: 'n',
      useFactory: (n: number) => ({ n }),
      graceMs: 0,
    })
    await using started = await start({
      imports: [HotConfigModule.forRoot({ config }), HotConfigModule.forRoot({ config: billing, name: 'billing' })],
      providers: [provider],
    })
    const n = started.app.get<Resource<{ n: number }>>('N')
    expect(n.current).toEqual({ n: 10 })
    await billing.set({ n: 11 })
    expect(n.current).toEqual({ n: 11 })
    await Promise.all([config.close(), billing.close()])
  })

  it('fails the start of the app with the error of the factory', async () => {
    await using config = await createHotConfig({ sources: values({ n: 1 }), logger: false })
    const provider = resourceProvider({
      provide: 'N',
      select: 'n',
      useFactory: () => Promise.reject(new RangeError('no connection')),
    })
    const root = { imports: [HotConfigModule.forRoot({ config })], providers: [provider] }
    await expect(start(root)).rejects.toThrow(RangeError)
  })

  it.each(
    [true, false].flatMap((isGlobal) =>
      [true, false].flatMap((isQueueGlobal) =>
        (['beforeApplicationShutdown', 'onApplicationShutdown'] as const).flatMap((hook) =>
          (['before', 'after', 'below'] as const).map((where) => [hook, where, { isGlobal, isQueueGlobal }] as const),
        ),
      ),
    ),
  )('outlives the last job of a queue that ends in its %s, imported %s it, with %j', async (hook, where, globals) => {
    const { isGlobal, isQueueGlobal } = globals

    /** As in BullMQ's module, the queue ends the workers of all other modules when it shuts down. */
    @Injectable()
    class Queue {
      job: () => Promise<void> = () => Promise.resolve()

      async [hook](): Promise<void> {
        await setTimeout(20)
        await this.job()
      }
    }
    const found: unknown[] = []

    @Injectable()
    class Processor implements OnModuleInit {
      @Inject(POOL) readonly pool!: Resource<Pool>
      @Inject(Queue) readonly queue!: Queue

      onModuleInit(): void {
        this.queue.job = async () => {
          found.push(await this.pool.current.query())
        }
      }
    }
    const made: Pool[] = []
    const pool = resourceProvider({
      provide: POOL,
      select: 'db',
      useFactory: (db: Config['db']) => {
        made.push(new Pool(db))
        return made.at(-1) as Pool
      },
      dispose: (old) => old.end(),
    })
    const config = HotConfigModule.forRoot({ sources: values({ db: { host: 'a', max: 1 } }), logger: false, isGlobal })
    const queues: DynamicModule = {
      module: moduleOf({ providers: [Queue], exports: [Queue] }),
      global: isQueueGlobal,
    }
    const imports = where === 'before' ? [queues, config] : [config, queues]
    const feature = moduleOf({ imports, providers: [pool, Processor] })
    const between = where === 'below' ? moduleOf({ imports: [moduleOf({ imports: [queues] })] }) : feature
    const started = await start({ imports: [feature, between] })
    await started.app.close()
    expect(found).toEqual([{ host: 'a', max: 1, ended: 0 }])
    expect(made.map((one) => one.ended)).toEqual([1])
  })

  it('can be exported by a module', async () => {
    const config = createTestConfig({ n: 1 })
    const provider = resourceProvider({ provide: 'N', select: 'n', useFactory: (n: number) => ({ n }) })
    const feature = moduleOf({ providers: [provider], exports: ['N'] })
    await using started = await start({ imports: [HotConfigModule.forRoot({ config, isGlobal: true }), feature] })
    expect(started.app.get<Resource<{ n: number }>>('N').current).toEqual({ n: 1 })
    expect(started.app.get(HotConfigService).current).toEqual({ n: 1 })
    await config.close()
  })
})
