import { HotConfigModule, HotConfigService, InjectHotConfig, LiveConfig, OnConfigChange } from '@hot-config/nestjs'
import type { HotConfigRequest } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Inject, Injectable, Req } from '@nestjs/common'
import { describe, expect, it } from 'vitest'

import { json, platforms, serve, start } from './support.ts'

interface Billing {
  readonly currency: string
}

describe.each(platforms)('several configurations in one app on %s', (_name, createAdapter) => {
  it('are injected by their names, each with its own health route and request snapshot', async () => {
    const main = createTestConfig({ text: 'first' })
    const billing = createTestConfig<Billing>({ currency: 'EUR' })

    @Controller()
    class Root {
      @Inject(HotConfigService) readonly main!: HotConfigService
      @InjectHotConfig('billing') readonly billing!: HotConfigService<Billing>

      @Get()
      async find(
        @LiveConfig('text') text: string,
        @LiveConfig('currency', { name: 'billing' }) currency: string,
        @LiveConfig({ name: 'billing' }) everything: Billing,
        @Req() request: HotConfigRequest,
      ): Promise<unknown> {
        await billing.set({ currency: 'CHF' })
        return [text, request.config, currency, everything, this.billing.forRequest(request), this.billing.current]
      }
    }
    await using served = await serve(createAdapter(), {
      imports: [
        HotConfigModule.forRoot({ config: main }),
        HotConfigModule.forRoot({ name: 'billing', config: billing }),
      ],
      controllers: [Root],
    })
    const eur = { currency: 'EUR' }
    expect(await json(served.url)).toEqual(['first', { text: 'first' }, 'EUR', eur, eur, { currency: 'CHF' }])
    expect(await json(`${served.url}/config/health`)).toMatchObject({ version: 1 })
    expect(await json(`${served.url}/config/health/billing`)).toMatchObject({ version: 2 })
  })

  it('may all have names: then requests have no config', async () => {
    @Controller()
    class Root {
      @Get()
      find(@LiveConfig('currency', { name: 'billing' }) currency: string, @Req() request: object): unknown {
        return [currency, 'config' in request]
      }
    }
    const config = createTestConfig<Billing>({ currency: 'EUR' })
    await using served = await serve(createAdapter(), {
      imports: [HotConfigModule.forRootAsync({ name: 'billing', useFactory: () => ({ config }) })],
      controllers: [Root],
    })
    expect(await json(served.url)).toEqual(['EUR', false])
  })

  it('are rejected when two have no name', async () => {
    const imports = [1, 2].map(() => HotConfigModule.forRoot({ config: createTestConfig({}), health: false }))
    await expect(serve(createAdapter(), { imports })).rejects.toThrow(
      'two HotConfigModules have no name: write HotConfigModule.forRoot({ name',
    )
  })
})

describe('a name', () => {
  it('selects the configuration whose changes a method receives', async () => {
    const main = createTestConfig({ currency: 'USD' })
    const billing = createTestConfig<Billing>({ currency: 'EUR' })
    const seen: unknown[] = []

    @Injectable()
    class Provider {
      @OnConfigChange('currency')
      mainChanged(currency: string): void {
        seen.push(['main', currency])
      }

      @OnConfigChange('currency', { name: 'billing' })
      billingChanged(currency: string): void {
        seen.push(['billing', currency])
      }

      @OnConfigChange({ name: 'billing' })
      anyChange(): void {
        seen.push('billing')
      }
    }
    await using _started = await start({
      imports: [
        HotConfigModule.forRoot({ config: main }),
        HotConfigModule.forRoot({ name: 'billing', config: billing }),
      ],
      providers: [Provider],
    })
    await billing.set({ currency: 'CHF' })
    await main.set({ currency: 'CAD' })
    expect(seen).toEqual([['billing', 'CHF'], 'billing', ['main', 'CAD']])
  })

  it('that no configuration has fails the start of the app, not the first use', async () => {
    const imports = [HotConfigModule.forRoot({ config: createTestConfig({}) })]

    @Injectable()
    class Provider {
      @OnConfigChange('currency', { name: 'biling' })
      changed(): void {}
    }
    await expect(start({ imports, providers: [Provider] })).rejects.toThrow('HotConfigService:biling')

    @Controller()
    class Root {
      @Get()
      find(@LiveConfig('currency', { name: 'biling' }) currency: string): string {
        return currency
      }
    }
    await expect(start({ imports, controllers: [Root] })).rejects.toThrow('HotConfigService:biling')
  })

  it('is rejected with the request context, which belongs to request.config', async () => {
    const config = createTestConfig({})
    const imports = [HotConfigModule.forRoot({ name: 'billing', config, requestContext: true })]
    await expect(start({ imports })).rejects.toThrow('requestContext: belongs to the configuration without a name')
  })
})
