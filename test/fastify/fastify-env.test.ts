import fastifyEnv from '@fastify/env'
import { env, values } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** From the README of @fastify/env, with the types that it has. */
const schema = {
  type: 'object',
  required: ['PORT'],
  properties: {
    PORT: { type: 'number', default: 3000 },
    DEBUG_SQL: { type: 'boolean', default: false },
    HOSTS: { type: 'string', separator: ',' },
    LOG_LEVEL: { type: 'string', enum: ['debug', 'info'], default: 'info' },
    secret: { type: 'string', default: 'x' },
  },
} as const

/** What @fastify/env makes of the environment. */
async function withFastifyEnv(): Promise<unknown> {
  const app = Fastify()
  await app.register(fastifyEnv, { schema: structuredClone(schema) })
  const { config } = app as unknown as { config: unknown }
  await app.close()
  return config
}

async function withHotConfig(): Promise<unknown> {
  const app = Fastify()
  await app.register(hotConfig, { schema, sources: env(), logger: false })
  const { current } = app.hotConfig
  await app.close()
  return current
}

describe('an app that comes from @fastify/env', () => {
  it('has the same configuration from the same schema and the same environment', async () => {
    vi.stubEnv('PORT', '8080')
    vi.stubEnv('DEBUG_SQL', 'true')
    vi.stubEnv('HOSTS', 'a,b')
    const before = await withFastifyEnv()
    expect(before).toEqual({ PORT: 8080, DEBUG_SQL: true, HOSTS: ['a', 'b'], LOG_LEVEL: 'info', secret: 'x' })
    expect(await withHotConfig()).toEqual(before)
  })

  it('starts with the same defaults', async () => {
    vi.stubEnv('PORT', undefined)
    expect(await withHotConfig()).toEqual(await withFastifyEnv())
  })

  it('does not start with a text that @fastify/env makes another value of', async () => {
    vi.stubEnv('PORT', '1234567890123456789')
    expect(await withFastifyEnv()).toMatchObject({ PORT: 1_234_567_890_123_456_800 })
    await expect(withHotConfig()).rejects.toThrow(/^env PORT PORT: expected a number that can be held exactly/)
  })

  it('can have a ConfigMap beside the environment, which overrides it', async () => {
    vi.stubEnv('PORT', '8080')
    const app = Fastify()
    await app.register(hotConfig, { schema, sources: [values({ PORT: '1', secret: 'y' }), env()], logger: false })
    expect(app.hotConfig.current).toMatchObject({ PORT: 8080, secret: 'y' })
    await app.close()
  })
})
