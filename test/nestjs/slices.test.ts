import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

import { startHotConfig, values } from '@hot-config/core'
import type { HotConfig, Resource } from '@hot-config/core'
import { configSlice, HotConfigModule, HotConfigService, resourceProvider } from '@hot-config/nestjs'
import type { SliceType } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import { Inject, Injectable } from '@nestjs/common'
import type { DynamicModule, FactoryProvider, Type } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { lastValueFrom, take, toArray } from 'rxjs'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { moduleOf, start } from './support.ts'

interface Db {
  readonly host: string
  readonly pool?: { readonly max: number }
}

interface Config {
  readonly db: Db
  readonly level: string
}

const dbSlice = configSlice<Db>('db', {})

@Injectable()
class Repository {
  @Inject(dbSlice.KEY) readonly db!: SliceType<typeof dbSlice>
}

let config: TestConfig<Config>

beforeEach(() => {
  config = createTestConfig<Config>({ db: { host: 'a', pool: { max: 1 } }, level: 'info' })
})

const feature = (): Type => moduleOf({ imports: [HotConfigModule.forFeature(dbSlice)], providers: [Repository] })

async function startSlice(): Promise<AsyncDisposable & { readonly db: Db; readonly repository: Repository }> {
  const { app, ...started } = await start({ imports: [feature(), HotConfigModule.forRoot({ config })] })
  const repository = app.get(Repository, { strict: false })
  return { ...started, repository, db: repository.db }
}

describe('a slice', () => {
  it('always has the current values, in modules that import neither the configuration nor a global one', async () => {
    await using started = await startSlice()
    const { db } = started
    expect(db.host).toBe('a')
    await config.set({ db: { host: 'b' }, level: 'info' })
    expect([db.host, db.pool, 'host' in db, 'pool' in db]).toEqual(['b', undefined, true, false])
    await config.set({ db: { host: 'c', pool: { max: 3 } }, level: 'info' })
    expect(db.pool).toBe(config.current.db.pool)
    expect({ ...db }).toEqual({ host: 'c', pool: { max: 3 } })
    expect(Object.keys(db)).toEqual(['host', 'pool'])
    expect(JSON.parse(JSON.stringify(db))).toEqual(config.current.db)
    expect(db).toEqual(config.current.db)
  })

  it('is read-only', async () => {
    await using started = await startSlice()
    const db = started.db as unknown as Record<string, unknown>
    const readOnly = 'db.host: the configuration is read-only'
    expect(() => (db['host'] = 'x')).toThrow(readOnly)
    expect(() => delete db['host']).toThrow(readOnly)
    expect(() => Object.defineProperty(db, 'host', { value: 'x' })).toThrow(readOnly)
    expect(db['host']).toBe('a')
  })

  it('shows nothing of the configuration to what prints it', async () => {
    await using started = await startSlice()
    expect(inspect(started.repository)).not.toContain('host')
  })

  it('is of the configuration that it names', async () => {
    const rates = configSlice<{ readonly eur: number }>('rates', { name: 'billing' })
    const billing = createTestConfig({ rates: { eur: 1 } })
    await using started = await start({
      imports: [
        HotConfigModule.forFeature(rates, dbSlice),
        HotConfigModule.forRoot({ config }),
        HotConfigModule.forRoot({ config: billing, name: 'billing' }),
      ],
    })
    expect(started.app.get<object>(rates.KEY)).toEqual({ eur: 1 })
    expect(started.app.get<object>(dbSlice.KEY)).toEqual(config.current.db)
  })

  it('waits for the configuration, with options from other providers, and fails with its error', async () => {
    const forRootAsync = (sources: () => object): DynamicModule =>
      HotConfigModule.forRootAsync({ useFactory: async () => ({ config: sources() as HotConfig<unknown> }) })
    await using started = await start({ imports: [feature(), forRootAsync(() => config)] })
    expect(started.app.get(Repository, { strict: false }).db.host).toBe('a')
    const failing = forRootAsync(() => {
      throw new RangeError('no such configuration')
    })
    await expect(start({ imports: [feature(), failing] })).rejects.toThrow('no such configuration')
  })

  it('is an error where the app has no such configuration, and of a part that is no object', async () => {
    await expect(start({ imports: [feature()] })).rejects.toThrow(
      /HotConfigSlice:db \(\?\).*HotConfigModule\.forRoot\(\)/s,
    )
    const level = HotConfigModule.forFeature(configSlice('level'))
    await expect(start({ imports: [level, HotConfigModule.forRoot({ config })] })).rejects.toThrow(
      'configSlice("level"): expected the path of an object; inject HotConfigService and call get("level")',
    )
  })

  describe('that the options of its own configuration depend on', () => {
    const CIRCLE =
      /options of the configuration( "billing")? depend on itself, such as .*: the factory must inject something else/
    const rates = configSlice<object>('rates', { name: 'billing' })
    const ownSlice = HotConfigModule.forFeature(dbSlice)
    const ratesSlice = HotConfigModule.forFeature(rates)

    @Injectable()
    class Options {
      @Inject(dbSlice.KEY) readonly db!: Db

      createHotConfigOptions(): object {
        return { config }
      }
    }

    class ByConstructor extends Options {
      constructor(@Inject(dbSlice.KEY) injected: Db) {
        super()
        Object.assign(this, { injected })
      }
    }
    const far = { provide: 'far', useFactory: () => 'there', inject: [dbSlice.KEY] }
    const farModule: DynamicModule = { module: moduleOf({}), imports: [ownSlice], providers: [far], exports: ['far'] }
    const injecting = (imports: DynamicModule, inject: string, name?: string): DynamicModule =>
      HotConfigModule.forRootAsync({ name, imports: [imports], inject: [inject], useFactory: () => ({ config }) })

    it.each([
      ['directly', [injecting(ownSlice, dbSlice.KEY)]],
      ['through another provider', [injecting(farModule, 'far')]],
      ['in a class', [HotConfigModule.forRootAsync({ imports: [ownSlice], useClass: Options })]],
      [
        'in the constructor of a class',
        [HotConfigModule.forRootAsync({ imports: [ownSlice], useClass: ByConstructor })],
      ],
      [
        'in two configurations that need each other',
        [injecting(ratesSlice, rates.KEY), injecting(ownSlice, dbSlice.KEY, 'billing')],
      ],
      ['and another module', [feature(), injecting(ownSlice, dbSlice.KEY)]],
    ])('is an error instead of waiting for ever: %s', async (_, imports) => {
      await expect(start({ imports })).rejects.toThrow(CIRCLE)
    })

    it.each([
      ['the service', HotConfigService],
      ['a resource', 'pool'],
    ])('is an error also with %s', async (_, token) => {
      const pool = resourceProvider({ provide: 'pool', select: ({ db }: Config) => db, useFactory: () => ({}) })
      const pools: DynamicModule = { module: moduleOf({}), providers: [pool], exports: ['pool'] }
      const useFactory = (): object => ({ config })
      const own = HotConfigModule.forRootAsync({ isGlobal: true, imports: [pools], inject: [token], useFactory })
      await expect(start({ imports: [own] })).rejects.toThrow(/depend on itself|circular dependency/)
    })

    it('is none where the slice is of another configuration', async () => {
      const billing = HotConfigModule.forRoot({ config: createTestConfig({ rates: { eur: 1 } }), name: 'billing' })
      await using started = await start({ imports: [feature(), injecting(ratesSlice, rates.KEY), billing] })
      expect(started.app.get(Repository, { strict: false }).db.host).toBe('a')
    })

    it('is none where the options only take long', async () => {
      const useFactory = (): Promise<object> => delay(500, { config })
      await using started = await start({ imports: [feature(), HotConfigModule.forRootAsync({ useFactory })] })
      expect(started.app.get(Repository, { strict: false }).db.host).toBe('a')
    })
  })

  it('may be of a configuration that is not loaded yet', async () => {
    const source = drivenSource({})
    source.hang()
    const { config: empty } = startHotConfig({ sources: source })
    const imports = [HotConfigModule.forFeature(dbSlice), HotConfigModule.forRoot({ config: empty })]
    await using started = await start({ imports })
    expect(() => started.app.get<Db>(dbSlice.KEY).host).toThrow('There is no valid configuration yet')
    await empty.close()
  })

  it('is that of a test which overrides the service', async () => {
    const imports = [HotConfigModule.forFeature(dbSlice), HotConfigModule.forRoot({ sources: '/no/such/path' })]
    const override = (value: object): Promise<Db> =>
      Test.createTestingModule({ imports })
        .overrideProvider(HotConfigService)
        .useValue(value)
        .compile()
        .then((testing) => testing.get<Db>(dbSlice.KEY))
    expect((await override(new HotConfigService(config))).host).toBe('a')
    expect((await override({ current: { db: { host: 'x' } } })).host).toBe('x')
  })
})

describe('HotConfigService', () => {
  it('throws for a path without a value, if asked to', async () => {
    const service = new HotConfigService<Config>(config)
    expect(service.get('db.pool.max')).toBe(1)
    expect(service.getOrThrow('db.pool.max')).toBe(1)
    await config.set({ db: { host: 'b' }, level: 'info' })
    expect(service.get('db.pool.max')).toBeUndefined()
    expect(() => service.getOrThrow('db.pool.max')).toThrow('db.pool.max: the configuration has no value at this path')
    expectTypeOf(service.getOrThrow<'db.pool.max'>).returns.toEqualTypeOf<number>()
  })

  it('has observables of all changes and of those of a part, which end with their subscription', async () => {
    const service = new HotConfigService<Config>(config)
    const all = lastValueFrom(service.changes$().pipe(take(2), toArray()))
    const hosts = lastValueFrom(service.changes$('db.host').pipe(take(1), toArray()))
    const levels: unknown[] = []
    const subscription = service
      .changes$(({ level }) => level)
      .subscribe(({ value, previous }) => levels.push([value, previous]))
    await config.set({ db: { host: 'a' }, level: 'debug' })
    subscription.unsubscribe()
    await config.set({ db: { host: 'b' }, level: 'warn' })
    await config.set({ db: { host: 'c' }, level: 'error' })
    expect((await all).map(({ next }) => next.version)).toEqual([2, 3])
    expect(await hosts).toMatchObject([{ value: 'b', previous: 'a', change: { next: { version: 3 } } }])
    expect(levels).toEqual([['debug', 'info']])
  })

  it.each([
    ['all', undefined],
    ['a path', 'db.host'],
    ['a selector', ({ level }: Config) => level],
  ] as const)('has observables that complete when the configuration closes, of the changes of %s', async (_, what) => {
    const service = new HotConfigService<Config>(config)
    const changes = service.changes$(what as 'level')
    const ended = lastValueFrom(changes.pipe(toArray()))
    const stopped: unknown[] = []
    changes.subscribe({ complete: () => stopped.push('completed') }).unsubscribe()
    await config.set({ db: { host: 'b' }, level: 'warn' })
    await config.close()
    expect(await ended).toHaveLength(1)
    expect(await lastValueFrom(changes.pipe(toArray()))).toEqual([])
    expect(stopped).toEqual([])
  })

  it('has observables that complete when the app closes', async () => {
    const { app, ...started } = await start({
      imports: [HotConfigModule.forRoot({ sources: values({ level: 'info' }), logger: false })],
    })
    const ended = lastValueFrom(app.get(HotConfigService).changes$().pipe(toArray()))
    await started[Symbol.asyncDispose]()
    expect(await ended).toEqual([])
  })
})

it('the part of a resource has the type that its factory names, or that of a selector', () => {
  const pool = { provide: 'R' }
  const named = resourceProvider({ ...pool, select: 'db', useFactory: (db: Db) => db.host })
  const selected = resourceProvider({ ...pool, select: ({ db }: Config) => db, useFactory: (db) => db.host.length })
  const billing = resourceProvider({ ...pool, select: 'rates', name: 'billing', useFactory: (rates: object) => rates })
  expectTypeOf(named).toEqualTypeOf<FactoryProvider<Promise<Resource<string>>>>()
  expectTypeOf(selected).toEqualTypeOf<FactoryProvider<Promise<Resource<number>>>>()
  expectTypeOf(billing).toEqualTypeOf<FactoryProvider<Promise<Resource<object>>>>()
})
