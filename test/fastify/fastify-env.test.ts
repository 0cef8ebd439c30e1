import fastifyEnv from '@fastify/env'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { dotenv, env, values } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import { S as fluent } from 'fluent-json-schema'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

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

describe('each documented option of @fastify/env has its like', () => {
  let folder: string
  let dotenvFile: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fastify-env-'))
    dotenvFile = join(folder, '.env')
    await writeFile(dotenvFile, "PORT=1111\nHOSTS='a;b'\nONLY_HERE=x\n")
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** From the README of @fastify/env. Its default is a number, and its type is text. */
  const readmeSchema = { type: 'object', required: ['PORT'], properties: { PORT: { type: 'string', default: 3000 } } }
  const common = {
    type: 'object',
    properties: { PORT: { type: 'integer', default: 3000 }, HOSTS: { type: 'string' }, ONLY_HERE: { type: 'string' } },
  }
  const formats = { type: 'object', properties: { PORT: { type: 'string' }, URL: { type: 'string', format: 'uri' } } }
  /** @fastify/env writes to a schema. One of fluent-json-schema can't be copied, and is written anew at each use. */
  const ownCopy = (given: object): object =>
    Symbol.for('fluent-schema-object') in given ? given : structuredClone(given)

  /** As `ajv-formats` does it. */
  const withFormats = {
    customOptions: (ajv: { addFormat(name: string, format: RegExp): unknown }) => ajv.addFormat('uri', /^https?:/),
  }

  it.each<
    [what: string, schema: object, before: () => object, sources: () => Source | Source[], set: Record<string, string>]
  >([
    ['schema, as the README has it', readmeSchema, () => ({}), () => env(), {}],
    ['schema, as the README has it, with a variable', readmeSchema, () => ({}), () => env(), { PORT: '0080' }],
    [
      'schema, of fluent-json-schema',
      fluent.object().prop('PORT', fluent.number().default(3000).required()),
      () => ({}),
      () => env(),
      { PORT: '8080' },
    ],
    ['data', common, () => ({ data: { PORT: '1' } }), () => [env(), values({ PORT: '1' })], { PORT: '2', HOSTS: 'x' }],
    [
      'data, a list',
      common,
      () => ({ data: [{ PORT: '1', HOSTS: 'x' }, { PORT: '2' }] }),
      () => [env(), values({ PORT: '1', HOSTS: 'x' }), values({ PORT: '2' })],
      { PORT: '3' },
    ],
    ['env: false', common, () => ({ env: false, data: { HOSTS: 'x' } }), () => values({ HOSTS: 'x' }), { PORT: '3' }],
    [
      'dotenv, with a path',
      common,
      () => ({ dotenv: { path: dotenvFile } }),
      () => [dotenv(dotenvFile, { required: false }), env()],
      { PORT: '3' },
    ],
    [
      'dotenv, of a file that is missing',
      common,
      () => ({ dotenv: { path: `${dotenvFile}.missing` } }),
      () => [dotenv(`${dotenvFile}.missing`, { required: false }), env()],
      { HOSTS: 'z' },
    ],
    [
      'ajv, for formats',
      formats,
      () => ({ ajv: withFormats }),
      () => env(),
      { PORT: '1', URL: 'https://shop.example/' },
    ],
  ])('%s', async (_what, given, before, sources, set) => {
    for (const name of ['PORT', 'HOSTS', 'ONLY_HERE', 'URL']) vi.stubEnv(name, set[name])
    const old = Fastify()
    await old.register(fastifyEnv, { schema: ownCopy(given), ...before() } as never)
    const app = Fastify()
    await app.register(hotConfig, { schema: given, sources: sources(), logger: false })
    expect(app.hotConfig.current).toEqual((old as unknown as { config: unknown }).config)
    await Promise.all([old.close(), app.close()])
  })

  it('ajv, for formats that do not fit', async () => {
    vi.stubEnv('URL', 'no address')
    const old = Fastify()
    await expect(
      old.register(fastifyEnv, { schema: structuredClone(formats), ajv: withFormats } as never),
    ).rejects.toThrow(/format/)
    const app = Fastify()
    await expect(app.register(hotConfig, { schema: formats, sources: env(), logger: false })).rejects.toThrow(/format/)
  })

  it('confKey, with a getter that is always new', async () => {
    const app = Fastify()
    await app.register(hotConfig, { schema: common, sources: values({ PORT: '8080' }), logger: false })
    app.decorate('config', {
      getter() {
        return app.hotConfig.current
      },
    })
    expect((app as unknown as { config: unknown }).config).toEqual({ PORT: 8080 })
    await app.close()
  })
})
