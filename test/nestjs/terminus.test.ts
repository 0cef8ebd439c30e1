import { startHotConfig } from '@hot-config/core'
import { HotConfigModule } from '@hot-config/nestjs'
import type { HotConfigModuleExtras, HotConfigModuleOptions } from '@hot-config/nestjs'
import { HotConfigHealthIndicator } from '@hot-config/nestjs/terminus'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Inject } from '@nestjs/common'
import type { ModuleMetadata } from '@nestjs/common'
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus'
import type { HealthCheckResult } from '@nestjs/terminus'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { moduleOf, platforms, serve } from './support.ts'

@Controller('health')
class HealthController {
  @Inject(HealthCheckService) readonly checks!: HealthCheckService
  @Inject(HotConfigHealthIndicator) readonly hotConfig!: HotConfigHealthIndicator

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.hotConfig.isHealthy('config')])
  }

  @Get('billing')
  @HealthCheck()
  checkBilling(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.hotConfig.isHealthy('billing', { name: 'billing' })])
  }
}

const health = moduleOf({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [HotConfigHealthIndicator],
})

function app(
  config: NonNullable<HotConfigModuleOptions['config']>,
  extras: Pick<HotConfigModuleExtras, 'health'> = {},
): ModuleMetadata {
  return { imports: [HotConfigModule.forRoot({ config, ...extras }), health] }
}

describe.each(platforms)('HotConfigHealthIndicator on %s', (_name, createAdapter) => {
  it('is up while a configuration is served, and reports that the last update was rejected', async () => {
    const config = createTestConfig({ password: 'hunter2' })
    await using served = await serve(createAdapter(), app(config))
    const good = await fetch(`${served.url}/health`)
    expect(good.status).toBe(200)
    const { version, digest, loadedAt } = config.snapshot
    const up = { status: 'up', report: 'pass', version, digest, loadedAt, lastRejection: null }
    expect(await good.json()).toMatchObject({ status: 'ok', details: { config: up } })

    config.reject({ path: 'password', message: 'too short' })
    const refused = await fetch(`${served.url}/health`)
    expect(refused.status).toBe(200)
    const { lastRejection } = config.health()
    expect(await refused.json()).toMatchObject({ details: { config: { ...up, report: 'warn', lastRejection } } })
  })

  it('is down while there is no valid configuration', async () => {
    const source = drivenSource({})
    source.hang()
    const { config } = startHotConfig({ sources: source })
    await using served = await serve(createAdapter(), app(config))
    const response = await fetch(`${served.url}/health`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ details: { config: { status: 'down', report: 'fail', version: 0 } } })
    await config.close()
  })

  it.each([false, () => true, () => false])('shows only the status where health has details: %s', async (details) => {
    const config = createTestConfig({ password: 'hunter2' })
    config.reject({ path: 'password', message: 'too short' })
    await using served = await serve(createAdapter(), app(config, { health: { details } }))
    const up = await fetch(`${served.url}/health`)
    const shown = { config: { status: 'up', report: 'warn' } }
    expect(await up.json()).toEqual({ status: 'ok', info: shown, error: {}, details: shown })
  })

  it('shows only the status of a configuration that is not valid where health has no details', async () => {
    const source = drivenSource({})
    source.hang()
    const { config } = startHotConfig({ sources: source })
    await using served = await serve(createAdapter(), app(config, { health: { details: false } }))
    const down = await fetch(`${served.url}/health`)
    expect(down.status).toBe(503)
    const shown = { config: { status: 'down', report: 'fail' } }
    expect(await down.json()).toEqual({ status: 'error', info: {}, error: shown, details: shown })
    await config.close()
  })

  it('shows everything where the report is served nowhere else', async () => {
    const config = createTestConfig({})
    await using served = await serve(createAdapter(), app(config, { health: false }))
    const response = await fetch(`${served.url}/health`)
    expect(await response.json()).toMatchObject({ details: { config: { version: 1 } } })
  })

  it('reports a configuration by its name', async () => {
    const billing = createTestConfig({ currency: 'EUR' })
    await billing.set({ currency: 'CHF' })
    const { imports = [] } = app(createTestConfig({}))
    const named = HotConfigModule.forRoot({ name: 'billing', config: billing })
    await using served = await serve(createAdapter(), { imports: [named, ...imports] })
    const response = await fetch(`${served.url}/health/billing`)
    expect(await response.json()).toMatchObject({ details: { billing: { status: 'up', version: 2 } } })
  })
})
