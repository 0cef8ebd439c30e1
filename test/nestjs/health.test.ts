import { startHotConfig } from '@hot-config/core'
import type { HealthReport } from '@hot-config/core'
import { HotConfigModule } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Injectable, VersioningType } from '@nestjs/common'
import type { CallHandler, ExecutionContext, INestApplication, NestInterceptor } from '@nestjs/common'
import { map } from 'rxjs'
import type { Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { platforms, serve } from './support.ts'

const config = createTestConfig({ password: 'hunter2' })

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url)
  await response.arrayBuffer()
  return response.status
}

describe.each(platforms)('the health route on %s', (_name, createAdapter) => {
  it('serves the report as health+json that must not be cached', async () => {
    await using served = await serve(createAdapter(), { imports: [HotConfigModule.forRoot({ config })] })
    const response = await fetch(`${served.url}/config/health`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/health+json; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const text = await response.text()
    expect(JSON.parse(text)).toEqual(config.health())
    expect(text).not.toContain('hunter2')
    const head = await fetch(`${served.url}/config/health`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(Buffer.byteLength(text))])
  })

  it('has no ETag, which would let a client keep an old report', async () => {
    await using served = await serve(createAdapter(), { imports: [HotConfigModule.forRoot({ config })] })
    const response = await fetch(`${served.url}/config/health`)
    await response.arrayBuffer()
    expect(response.headers.has('etag')).toBe(false)
  })

  it('answers 503 while there is no configuration', async () => {
    const source = drivenSource({})
    source.hang()
    const { config: empty } = startHotConfig({ sources: source })
    await using served = await serve(createAdapter(), { imports: [HotConfigModule.forRoot({ config: empty })] })
    const response = await fetch(`${served.url}/config/health`)
    expect(response.status).toBe(503)
    expect(((await response.json()) as HealthReport).status).toBe('fail')
    await empty.close()
  })

  it('is below the global prefix, unless it is excluded from it', async () => {
    const imports = [HotConfigModule.forRoot({ config })]
    await using below = await serve(createAdapter(), { imports }, (app) => app.setGlobalPrefix('api'))
    expect(await statusOf(`${below.url}/api/config/health`)).toBe(200)
    expect(await statusOf(`${below.url}/config/health`)).toBe(404)

    const exclude = (app: INestApplication): unknown => app.setGlobalPrefix('api', { exclude: ['config/health'] })
    await using excluded = await serve(createAdapter(), { imports }, exclude)
    expect(await statusOf(`${excluded.url}/config/health`)).toBe(200)
  })

  it('has no version, whatever kind of versioning the app uses', async () => {
    @Controller({ path: 'cats', version: '1' })
    class Cats {
      @Get()
      find(): string {
        return 'cats'
      }
    }
    const metadata = { imports: [HotConfigModule.forRoot({ config })], controllers: [Cats] }
    await using byUri = await serve(createAdapter(), metadata, (app) => {
      app.setGlobalPrefix('api')
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' })
    })
    expect(await statusOf(`${byUri.url}/api/v1/cats`)).toBe(200)
    expect(await statusOf(`${byUri.url}/api/config/health`)).toBe(200)

    await using byHeader = await serve(createAdapter(), metadata, (app) =>
      app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' }),
    )
    expect(await statusOf(`${byHeader.url}/config/health`)).toBe(200)
    const asked = await fetch(`${byHeader.url}/config/health`, { headers: { 'x-version': '7' } })
    expect(asked.status).toBe(200)
  })

  it.each([
    ['forRoot', (options: object) => HotConfigModule.forRoot({ config, ...options })],
    ['forRootAsync', (options: object) => HotConfigModule.forRootAsync({ useFactory: () => ({ config }), ...options })],
  ])('can be moved, and switched off, with %s', async (_name, moduleWith) => {
    const moved = moduleWith({ health: { path: '/internal/config' } })
    await using one = await serve(createAdapter(), { imports: [moved] })
    expect(await statusOf(`${one.url}/internal/config`)).toBe(200)
    expect(await statusOf(`${one.url}/config/health`)).toBe(404)

    const off = moduleWith({ health: false })
    await using two = await serve(createAdapter(), { imports: [off] })
    expect(await statusOf(`${two.url}/config/health`)).toBe(404)
  })

  it('is not wrapped by interceptors of the whole app', async () => {
    @Injectable()
    class Envelope implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(map((data: unknown) => ({ data })))
      }
    }
    const imports = [HotConfigModule.forRoot({ config })]
    await using served = await serve(createAdapter(), { imports }, (app) => app.useGlobalInterceptors(new Envelope()))
    const response = await fetch(`${served.url}/config/health`)
    expect(await response.json()).toEqual(config.health())
  })
})

describe('the option "health"', () => {
  it('is rejected with an invalid path, and in what a factory returns, which would be too late', async () => {
    expect(() => HotConfigModule.forRoot({ config, health: { path: 'health' } })).toThrow(
      'health.path: expected a path that begins with "/"',
    )
    const useFactory = (): object => ({ config, health: false })
    const [, createAdapter] = platforms[0] as (typeof platforms)[number]
    await expect(serve(createAdapter(), { imports: [HotConfigModule.forRootAsync({ useFactory })] })).rejects.toThrow(
      'health: expected beside useFactory',
    )
  })
})
