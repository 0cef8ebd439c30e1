import rateLimit from '@fastify/rate-limit'
import { HotConfigModule } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler'
import type { ThrottlerModuleOptions } from '@nestjs/throttler'
import { describe, expect, it } from 'vitest'

import { platforms, serve } from './support.ts'

const config = createTestConfig({})

@Controller()
class Root {
  @Get()
  find(): string {
    return ''
  }
}

async function statuses(url: string): Promise<number[]> {
  const all: number[] = []
  for (let request = 0; request < 3; request++) {
    const response = await fetch(url)
    await response.arrayBuffer()
    all.push(response.status)
  }
  return all
}

describe.each(platforms)('the health route of an app on %s', (_name, createAdapter) => {
  it.each<[string, ThrottlerModuleOptions]>([
    ['one limit', [{ ttl: 60_000, limit: 1 }]],
    [
      'limits with names',
      {
        throttlers: [
          { name: 'short', ttl: 1_000, limit: 1 },
          { name: 'long', ttl: 60_000, limit: 1 },
        ],
      },
    ],
  ])('is not limited by @nestjs/throttler with %s', async (_limits, options) => {
    await using served = await serve(createAdapter(), {
      imports: [
        ThrottlerModule.forRootAsync({ useFactory: () => options }),
        HotConfigModule.forRoot({ config }),
        HotConfigModule.forRoot({ config, name: 'billing' }),
      ],
      controllers: [Root],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    })
    expect(await statuses(served.url)).toEqual([200, 429, 429])
    expect(await statuses(`${served.url}/config/health`)).toEqual([200, 200, 200])
    expect(await statuses(`${served.url}/config/health/billing`)).toEqual([200, 200, 200])
  })

  it('is not in the OpenAPI document, where the routes of several configurations would share an operationId', async () => {
    await using served = await serve(createAdapter(), {
      imports: [HotConfigModule.forRoot({ config }), HotConfigModule.forRoot({ config, name: 'billing' })],
      controllers: [Root],
    })
    const document = SwaggerModule.createDocument(served.app, new DocumentBuilder().build())
    expect(Object.keys(document.paths)).toEqual(['/'])
  })
})

it('the health route of an app on platform-fastify is not limited by @fastify/rate-limit', async () => {
  const adapter = new FastifyAdapter()
  await adapter.register(rateLimit as never, { max: 1 })
  await using served = await serve(adapter, { imports: [HotConfigModule.forRoot({ config })], controllers: [Root] })
  const [first, ...others] = await statuses(served.url)
  expect(first).toBe(200)
  expect(others).not.toContain(200)
  expect(await statuses(`${served.url}/config/health`)).toEqual([200, 200, 200])
})
