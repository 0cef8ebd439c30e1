import { setImmediate } from 'node:timers/promises'

import swagger from '@fastify/swagger'
import { ConfigError, createHotConfig, startHotConfig, values } from '@hot-config/core'
import type { GuardCheckContext, GuardedRequests } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import Fastify from 'fastify'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { gate } from '../support/gate.ts'
import { loadError } from '../support/load-error.ts'

const sources = values({ greeting: 'hello' })

describe('the Fastify plugin', () => {
  it('works with inject, with defaults alone', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ greeting: 'hello\n' })
    vi.stubEnv('HOT_CONFIG_PATH', volume.path)
    const app = Fastify()
    app.register(hotConfig)
    app.get('/', async (request) => request.config)
    expect((await app.inject('/')).json()).toEqual({ greeting: 'hello' })
    expect(app.hotConfig.snapshot.version).toBe(1)
    const health = await app.inject('/config/health')
    expect(health.json()).toEqual(app.hotConfig.health())
    await app.close()
    vi.unstubAllEnvs()
  })

  it('has a configuration for each scope, beside and within each other', async () => {
    const app = Fastify()
    const answer = async (request: { config: unknown }): Promise<unknown> => request.config
    await app.register(hotConfig, { sources: values({ scope: 'outer' }) })
    app.get('/outer', answer)
    for (const scope of ['a', 'b']) {
      await app.register(
        async (child) => {
          await child.register(hotConfig, { sources: values({ scope }) })
          child.get('/', answer)
        },
        { prefix: `/${scope}` },
      )
    }
    expect((await app.inject('/outer')).json()).toEqual({ scope: 'outer' })
    expect((await app.inject('/a')).json()).toEqual({ scope: 'a' })
    expect((await app.inject('/b')).json()).toEqual({ scope: 'b' })
    for (const path of ['/config/health', '/a/config/health', '/b/config/health']) {
      expect((await app.inject(path)).statusCode).toBe(200)
    }
    await app.close()
  })

  it('has one snapshot for a request where a scope and the one around it have the same configuration', async () => {
    const config = createTestConfig({ n: 1 })
    const app = Fastify()
    await app.register(hotConfig, { config })
    app.addHook('onRequest', async (request) => {
      expect(request.config).toEqual({ n: 1 })
      await config.set({ n: 2 })
    })
    await app.register(
      async (child) => {
        await child.register(hotConfig, { config })
        child.get('/', async (request) => request.config)
      },
      { prefix: '/a' },
    )
    expect((await app.inject('/a')).json()).toEqual({ n: 1 })
    await app.close()
  })

  it('serves the health route below the prefix it is registered with', async () => {
    const app = Fastify()
    await app.register(hotConfig, { sources, prefix: '/internal', health: { path: '/config' } })
    expect((await app.inject('/internal/config')).statusCode).toBe(200)
    expect((await app.inject('/config/health')).statusCode).toBe(404)
    await app.close()
  })

  it.each(['/internal', '/internal/', 'internal'])('treats the prefix %j as Fastify does', async (prefix) => {
    const app = Fastify()
    await app.register(hotConfig, { sources, prefix })
    await app.register(async (scope) => void scope.get('/other', async () => 'ok'), { prefix })
    for (const path of ['/config/health', '/other']) expect((await app.inject(`/internal${path}`)).statusCode).toBe(200)
    await app.close()
  })

  it('is rejected twice in one scope, with the decorator that exists already', async () => {
    const app = Fastify()
    await app.register(hotConfig, { sources })
    await expect(app.register(hotConfig, { sources, health: false })).rejects.toThrow(/hotConfig.*already/)
    await app.close()
  })

  it('describes the health route with all its fields in the OpenAPI document of the app', async () => {
    const app = Fastify()
    await app.register(swagger, { openapi: { openapi: '3.0.3' } })
    await app.register(hotConfig, { sources, health: { page: true } })
    await app.ready()
    const { paths = {} } = app.swagger() as {
      paths?: Record<
        string,
        { get: { responses: Record<string, { content: Record<string, { schema: { properties: object } }> }> } }
      >
    }
    const responses = paths['/config/health']?.get.responses
    for (const code of ['200', '503']) {
      const schema = responses?.[code]?.content['application/health+json']?.schema
      expect(Object.keys(schema?.properties ?? {})).toEqual(Object.keys(app.hotConfig.health()))
      expect(responses?.[code]?.content['text/html']?.schema).toEqual({ type: 'string' })
    }
    await app.close()
  })

  it('reports the whole rejection, down to line and column', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1' })
    const app = Fastify()
    await app.register(hotConfig, { sources: volume.path, logger: false })
    await volume.update({ 'app.yaml': 'a: 1\nb: [' })
    await eventually(() => expect(app.hotConfig.health().status).toBe('warn'))
    const response = await app.inject('/config/health')
    expect(response.json()).toEqual(app.hotConfig.health())
    expect(response.json()).toMatchObject({ lastRejection: { issues: [{ file: 'app.yaml', line: 2 }] } })
    await app.close()
  })

  it('logs through the app', async () => {
    const lines: { level: number; msg: string; version?: number }[] = []
    const app = Fastify({
      logger: { level: 'info', stream: { write: (line: string) => lines.push(JSON.parse(line) as never) } },
    })
    await app.register(hotConfig, { sources })
    expect(lines).toContainEqual(expect.objectContaining({ level: 30, msg: 'configuration loaded', version: 1 }))
    await app.close()
  })

  it("fails the start of the app with a ConfigError before Fastify's own time limit", async () => {
    const app = Fastify({ pluginTimeout: 2_000 })
    const source = drivenSource({})
    source.hang()
    app.register(hotConfig, { sources: source })
    const error = await loadError(app.ready() as unknown as Promise<unknown>)
    expect(error.message).toBe("driven: can't be read: not read within 1800 ms")
    await app.close()
  })

  it('answers 503 until a configuration that it is given has its first load', async () => {
    const source = drivenSource<object>({})
    source.hang()
    const { config, ready } = startHotConfig({ sources: source, logger: false })
    const app = Fastify()
    app.register(hotConfig, { config })
    app.get('/', async (request) => request.config)
    expect((await app.inject('/')).statusCode).toBe(503)
    source.set({ greeting: 'hello' })
    await ready
    expect((await app.inject('/')).json()).toEqual({ greeting: 'hello' })
    await app.close()
    await config.close()
  })

  it('fails the start of the app with a ConfigError when there is no valid configuration', async () => {
    const app = Fastify()
    app.register(hotConfig, { sources: '/no/such/folder' })
    await expect(app.ready()).rejects.toBeInstanceOf(ConfigError)
    await app.close()
  })

  it('closes its own configuration with the app, and leaves a given one open', async () => {
    const made = Fastify()
    await made.register(hotConfig, { sources })
    const { hotConfig: own } = made
    await made.close()
    await expect(own.reload()).rejects.toThrow('closed')

    const config = await createHotConfig({ sources, logger: false })
    const given = Fastify()
    await given.register(hotConfig, { config })
    await given.close()
    expect(await config.reload()).toBe('unchanged')
    await config.close()
  })

  it('pins the first snapshot that a request reads, until the request ends', async () => {
    const config = createTestConfig({ greeting: 'one' })
    const app = Fastify()
    await app.register(hotConfig, { config })
    app.get('/', async (request) => {
      const before = request.config
      void config.set({ greeting: 'two' })
      return { before, same: request.config === before, live: app.hotConfig.current }
    })
    expect((await app.inject('/')).json()).toEqual({
      before: { greeting: 'one' },
      same: true,
      live: { greeting: 'two' },
    })
    expect((await app.inject('/')).json()).toMatchObject({ before: { greeting: 'two' } })
    await app.close()
  })

  it('counts for the guard what hooks before it answer, and not what began before the update', async () => {
    const source = drivenSource<{ n: number }>({ n: 1 })
    const counted: GuardedRequests[] = []
    const guard = { bakeMs: 60_000, intervalMs: 5, check: ({ requests }: GuardCheckContext) => counted.push(requests) }
    const [entered, released] = [gate(), gate()]
    const app = Fastify()
    app.addHook('onResponse', async ({ url }) => {
      if (url !== '/slow') await setImmediate()
    })
    app.addHook('onRequest', async ({ url }, reply) => {
      if (url === '/throws') throw new Error('the hook fails')
      if (url === '/replies') return reply.code(503).send()
      if (url !== '/slow') return reply.hijack().raw.writeHead(502).end()
      entered.open()
      await released.passed
      throw new Error('the hook fails late')
    })
    await app.register(hotConfig, { sources: source, guard, logger: false })
    for (const url of ['/throws', '/replies', '/hijacks', '/slow']) app.get(url, async () => 'not reached')
    const slow = app.inject('/slow')
    await entered.passed
    source.set({ n: 2 })
    expect(await app.hotConfig.reload()).toBe('changed')
    released.open()
    expect((await slow).statusCode).toBe(500)
    for (const url of ['/throws', '/replies', '/hijacks']) {
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(500)
    }
    await eventually(() => expect(counted.at(-1)).toEqual({ total: 3, failed: 3 }))
    await app.close()
  })

  it('rejects options of the configuration beside a given one', async () => {
    const app = Fastify()
    const config = createTestConfig({})
    await expect(app.register(hotConfig, { config, sources })).rejects.toThrow('sources: belongs to')
    await app.close()
  })

  it('lists all options for an unknown one', async () => {
    const app = Fastify()
    const options = { sources, helth: false }
    await expect(app.register(hotConfig, options)).rejects.toThrow(
      /^helth: unknown option \(did you mean "health"\?\); there are schema, .*, signal, config, health, requestContext$/,
    )
    await app.close()
  })
})
