import { HotConfigModule, HotConfigService, OnConfigChange } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import type { Change } from '@hot-config/core'
import { Controller, Inject, Injectable, Scope } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { beforeEach, describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { moduleOf, start } from './support.ts'

interface Config {
  readonly level: string
  readonly pool: { readonly size: number }
}

const first: Config = { level: 'info', pool: { size: 1 } }

let config: TestConfig<Config>

beforeEach(() => {
  config = createTestConfig(first)
})

describe('@OnConfigChange', () => {
  it('calls a method of a provider with the new and the previous value of its part', async () => {
    const seen: unknown[] = []

    @Injectable()
    class Pool {
      readonly name = 'pool'

      @OnConfigChange('pool.size')
      resize(size: number, previous: number, change: Change<Config>): void {
        seen.push([this.name, size, previous, change.paths])
      }
    }
    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Pool] })

    await config.set({ ...first, level: 'debug' })
    expect(seen).toEqual([])
    await config.set({ level: 'warn', pool: { size: 2 } })
    expect(seen).toEqual([['pool', 2, 1, ['level', 'pool.size']]])
  })

  it('calls a method without a path after every change', async () => {
    const seen: string[] = []

    @Injectable()
    class Watcher {
      @OnConfigChange()
      changed({ previous, next }: Change<Config>): void {
        seen.push(`${previous.version} to ${next.version}`)
      }
    }
    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Watcher] })
    await config.set({ ...first, level: 'debug' })
    await config.set({ ...first, pool: { size: 2 } })
    expect(seen).toEqual(['1 to 2', '2 to 3'])
  })

  it('accepts several paths on one method, and inherited methods', async () => {
    const seen: unknown[] = []

    class Base {
      @OnConfigChange('level')
      @OnConfigChange('pool')
      changed(value: unknown): void {
        seen.push(value)
      }
    }

    @Injectable()
    class Derived extends Base {}

    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Derived] })
    await config.set({ level: 'debug', pool: { size: 2 } })
    expect(seen).toEqual(['debug', { size: 2 }])
  })

  it('works on controllers and on results of factories, in any module, once for each instance', async () => {
    const seen: string[] = []

    @Controller()
    class Feature {
      @OnConfigChange('level')
      changed(): void {
        seen.push('controller')
      }
    }

    class Made {
      @OnConfigChange('level')
      changed(): void {
        seen.push('made')
      }
    }
    const feature = moduleOf({
      controllers: [Feature],
      providers: [
        { provide: Made, useFactory: async () => new Made() },
        { provide: 'alias', useExisting: Made },
        { provide: 'none', useValue: null },
        { provide: 'text', useValue: 'text' },
        { provide: 'bare', useValue: Object.create(null) as object },
      ],
    })
    await using _started = await start({ imports: [feature, HotConfigModule.forRoot({ config })] })
    await config.set({ ...first, level: 'debug' })
    expect(seen.sort()).toEqual(['controller', 'made'])
  })

  it('counts a method that fails, and calls the others', async () => {
    const seen: string[] = []

    @Injectable()
    class Mixed {
      @OnConfigChange('level')
      throws(): void {
        throw new Error('thrown')
      }

      @OnConfigChange('level')
      async rejects(): Promise<void> {
        throw new Error('rejected')
      }

      @OnConfigChange('level')
      works(level: string): void {
        seen.push(level)
      }
    }
    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Mixed] })
    await config.set({ ...first, level: 'debug' })
    await config.set({ ...first, level: 'warn' })
    expect(seen).toEqual(['debug', 'warn'])
    await eventually(() => expect(config.health().listenerErrors).toBe(4))
  })

  it('is called after the bootstrap for changes since the first load', async () => {
    const seen: unknown[] = []

    @Injectable()
    class Pool {
      @OnConfigChange('pool.size')
      resize(size: number, previous: number): void {
        seen.push([size, previous])
      }

      @OnConfigChange('level')
      async fails(): Promise<void> {
        throw new Error('no such level')
      }
    }
    const root = moduleOf({ imports: [HotConfigModule.forRoot({ config })], providers: [Pool] })
    const app = await NestFactory.create(root, { logger: false, abortOnError: false })
    await config.set({ level: 'debug', pool: { size: 2 } })
    expect(seen).toEqual([])
    await app.init()
    expect(seen).toEqual([[2, 1]])
    await eventually(() => expect(config.health().listenerErrors).toBe(1))
    await config.set({ level: 'debug', pool: { size: 3 } })
    expect(seen).toEqual([
      [2, 1],
      [3, 2],
    ])
    await app.close()
  })

  it('ends when the app closes, also when the configuration stays open', async () => {
    const seen: unknown[] = []

    @Injectable()
    class Pool {
      @OnConfigChange()
      changed(): void {
        seen.push('changed')
      }
    }
    const started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Pool] })
    await started.app.close()
    expect(await config.set({ ...first, level: 'debug' })).toBe('changed')
    expect(seen).toEqual([])
  })

  it('is an error where there is no single instance to call', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      @OnConfigChange('level')
      changed(): void {}
    }

    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      @OnConfigChange('level')
      changed(): void {}
    }

    @Injectable()
    class Bubbled {
      @Inject(PerRequest) readonly perRequest!: PerRequest

      @OnConfigChange('level')
      changed(): void {}
    }
    for (const [providers, name] of [
      [[PerRequest], 'PerRequest'],
      [[Transient], 'Transient'],
      [[Bubbled, { provide: PerRequest, scope: Scope.REQUEST, useFactory: () => ({}) }], 'Bubbled'],
    ] as const) {
      const metadata = { imports: [HotConfigModule.forRoot({ config })], providers: [...providers] }
      await expect(start(metadata)).rejects.toThrow(`@OnConfigChange: ${name} has no single instance to call`)
    }
  })
})

describe('HotConfigService', () => {
  it('calls listeners with changes and rejections, from the constructor on', async () => {
    const seen: unknown[] = []

    @Injectable()
    class Pool {
      constructor(@Inject(HotConfigService) service: HotConfigService<Config>) {
        service.onChange('pool.size', (size, previous) => seen.push([size, previous]))
        service.onChange(
          ({ level }) => level,
          (level) => seen.push(level),
        )
        service.onReject(({ message }) => seen.push(message))
      }
    }
    await using _started = await start({ imports: [HotConfigModule.forRoot({ config })], providers: [Pool] })
    await config.set({ level: 'debug', pool: { size: 2 } })
    config.reject('no')
    expect(seen).toEqual([[2, 1], 'debug', 'no'])
  })
})
