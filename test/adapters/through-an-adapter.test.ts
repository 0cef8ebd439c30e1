import { collectMetrics } from '@hot-config/core/prometheus'
import { hotConfig } from '@hot-config/fastify'
import { createConfigMapVolume } from '@hot-config/testing'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { eventually } from '../support/eventually.ts'

const schema = z.object({
  server: z.object({ port: z.number() }),
  pool: z.object({ max: z.number() }),
  motto: z.string(),
})

function files(port: number, max: number, motto: string): Record<string, string> {
  return { 'app.json': JSON.stringify({ server: { port }, pool: { max }, motto }) }
}

describe('a Fastify service', () => {
  it('vetoes, rebuilds its pool, holds back what needs a restart, and reports all of it', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update(files(1, 10, 'slow'))
    const app = Fastify()
    await app.register(hotConfig, {
      sources: volume.path,
      schema,
      restartRequired: ['server.port'],
      applyDelay: { maxMs: 5 },
      logger: false,
      health: { page: true },
    })
    const { hotConfig: config } = app
    config.beforeChange(({ next }) => {
      if (next.value['motto'] === 'none') throw new Error('a motto is needed')
    })
    const ended: number[] = []
    const pool = await config.resource('pool', (part) => ({ max: (part as { max: number }).max }), {
      graceMs: 0,
      dispose: ({ max }) => ended.push(max),
    })
    const registry = new Registry()
    collectMetrics(config, { register: registry })
    app.get('/', async (request) => ({ ...request.config, pool: pool.current }))
    app.get('/metrics', async () => registry.metrics())
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const ask = async (path: string, accept = 'application/json'): Promise<string> =>
      (await fetch(url + path, { headers: { accept, connection: 'close' } })).text()
    const sees = (path: string, part: object): Promise<void> =>
      eventually(async () => expect(JSON.parse(await ask(path))).toMatchObject(part))

    await volume.update(files(2, 20, 'steady'))
    await sees('/', { server: { port: 1 }, pool: { max: 20 }, motto: 'steady' })
    await sees('/config/health', { status: 'warn', pendingRestart: ['server.port'], lastRejection: null })
    await eventually(() => expect(ended).toEqual([10]))
    expect(await ask('/metrics')).toMatch(/^hot_config_pending_restarts.* 1$/m)

    await volume.update(files(1, 20, 'none'))
    await sees('/config/health', { status: 'warn', lastRejection: { message: expect.stringContaining('motto') } })
    await sees('/', { motto: 'steady' })
    expect(await ask('/metrics')).toMatch(/^hot_config_last_reload_successful.* 0$/m)
    expect(await ask('/config/health', 'text/html')).toContain('a motto is needed')

    await volume.update(files(1, 30, 'fast'))
    await sees('/', { server: { port: 1 }, pool: { max: 30 }, motto: 'fast' })
    await sees('/config/health', { status: 'pass', pendingRestart: [], lastRejection: null })
    expect(config.history().map(({ type }) => type)).toEqual(['change', 'rejection', 'change'])
    await app.close()
    expect(ended).toEqual([10, 20, 30])
  })
})
