import rateLimit from '@fastify/rate-limit'
import { OptionError, values } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import type { FastifyHealthOptions } from '@hot-config/fastify'
import { createTestConfig } from '@hot-config/testing'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import pino from 'pino'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'

const HEALTH = '/config/health'

interface Line {
  readonly level: number
  readonly msg: string
  readonly req?: unknown
}

interface Started extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly url: string
  readonly lines: Line[]
}

/** An app on a port whose log is recorded. */
async function start(
  health: FastifyHealthOptions | undefined,
  {
    register = {},
    server = {},
    prepare,
  }: {
    register?: object
    server?: FastifyServerOptions
    prepare?: (app: FastifyInstance) => unknown
  } = {},
): Promise<Started> {
  const lines: Line[] = []
  const stream = { write: (line: string): unknown => lines.push(JSON.parse(line) as Line) }
  const app: FastifyInstance = Fastify({ logger: { level: 'info', stream }, ...server })
  await prepare?.(app)
  await app.register(hotConfig, { config: createTestConfig({ n: 1 }), health, ...register })
  app.get('/', async () => 'ok')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  lines.splice(0)
  return { app, url, lines, [Symbol.asyncDispose]: () => app.close() }
}

describe('requests for health', () => {
  it('are not logged, while other requests are', async () => {
    await using served = await start(undefined)
    await ask(served.url + HEALTH)
    await ask(served.url + HEALTH, { method: 'HEAD' })
    expect(served.lines).toEqual([])
    await ask(served.url)
    expect(served.lines.map(({ msg }) => msg)).toEqual(['incoming request', 'request completed'])
  })

  it('are logged when they fail', async () => {
    await using served = await start({
      routeOptions: {
        onRequest: async () => {
          throw new Error('broken')
        },
      },
    })
    expect((await ask(served.url + HEALTH)).status).toBe(500)
    expect(served.lines).toMatchObject([{ level: 50, msg: 'broken' }])
  })

  it('are never logged in an app whose level is higher', async () => {
    const broken = async (): Promise<never> => {
      throw new Error('broken')
    }
    const lines: string[] = []
    const stream = { write: (line: string): unknown => lines.push(line) }
    const server = { logger: { level: 'silent', stream } }
    await using served = await start({ routeOptions: { onRequest: broken } }, { server })
    expect((await ask(served.url + HEALTH)).status).toBe(500)
    expect(lines).toEqual([])
  })

  it.each([
    ['`logLevel` of register', undefined, { logLevel: 'info' }],
    ['`logLevel` of the route options', { routeOptions: { logLevel: 'info' } }, {}],
    ['that of the route options rather than the other', { routeOptions: { logLevel: 'info' } }, { logLevel: 'silent' }],
  ] as const)('are logged by %s', async (_name, health, register) => {
    await using served = await start(health, { register })
    await ask(served.url + HEALTH)
    expect(served.lines.map(({ msg }) => msg)).toEqual(['incoming request', 'request completed'])
  })

  it('are logged by `logSerializers` of register', async () => {
    const logSerializers = { req: () => 'a probe' }
    await using served = await start(undefined, { register: { logLevel: 'info', logSerializers } })
    await ask(served.url + HEALTH)
    expect(served.lines[0]?.req).toBe('a probe')
  })

  it('do not fail the start of an app whose logger has no level "warn"', async () => {
    const logger = pino({ customLevels: { note: 35 }, level: 'note' }, { write: () => undefined })
    await using served = await start(undefined, { server: { loggerInstance: logger, logger: undefined } as never })
    expect((await ask(served.url + HEALTH)).status).toBe(200)
  })
})

describe('the options of the health route', () => {
  it('ask for a password with a hook, on this route alone', async () => {
    const seen: unknown[] = []
    await using served = await start({
      routeOptions: {
        config: { rateLimit: false } as never,
        onRequest: async (request, reply) => {
          seen.push(request.routeOptions.config)
          if (request.headers.authorization !== 'Bearer monitor') await reply.code(401).send({ error: 'no' })
        },
      },
    })
    expect((await ask(served.url + HEALTH)).status).toBe(401)
    expect((await ask(served.url + HEALTH, { method: 'HEAD' })).status).toBe(401)
    const answer = await ask(served.url + HEALTH, { headers: { authorization: 'Bearer monitor' } })
    expect(answer.json()).toMatchObject({ status: 'pass' })
    expect((await ask(served.url)).status).toBe(200)
    expect(seen[0]).toMatchObject({ rateLimit: false, method: 'GET', url: HEALTH })
  })

  it('may be several hooks and constraints', async () => {
    const order: string[] = []
    await using served = await start({
      routeOptions: {
        constraints: { host: 'probes.local' },
        preHandler: [async () => void order.push('one'), async () => void order.push('two')],
      },
    })
    expect((await ask(served.url + HEALTH)).status).toBe(404)
    expect((await ask(served.url + HEALTH, { headers: { host: 'probes.local' } })).status).toBe(200)
    expect(order).toEqual(['one', 'two'])
  })

  it('can switch HEAD off, which is on even in apps that expose no HEAD routes', async () => {
    await using on = await start(undefined, { server: { exposeHeadRoutes: false } })
    expect((await ask(on.url + HEALTH, { method: 'HEAD' })).status).toBe(200)
    await using off = await start({ routeOptions: { exposeHeadRoute: false } })
    expect((await ask(off.url + HEALTH, { method: 'HEAD' })).status).toBe(404)
  })

  it.each(['method', 'url', 'path', 'handler'])('may not be %s, which the plugin decides', async (name) => {
    const health = { routeOptions: { [name]: 'GET' } }
    await expect(start(health as never)).rejects.toThrow(
      /^health.routeOptions: expected options of a route .*without method, url, path, handler/,
    )
  })
})

it('the report passes by the preSerialization hooks and the reply serializer of the app', async () => {
  await using served = await start(undefined, {
    prepare: (app) => {
      app.addHook('preSerialization', async (_request, _reply, payload) => ({ data: payload }))
      app.setReplySerializer((payload) => `wrapped ${JSON.stringify(payload)}`)
    },
  })
  expect((await ask(served.url + HEALTH)).json()).toEqual(JSON.parse(JSON.stringify(served.app.hotConfig.health())))
})

it('a rate limit of the whole app does not apply to probes, unless the route options say so', async () => {
  const prepare = async (app: FastifyInstance): Promise<void> => {
    await app.register(rateLimit, { global: true, max: 1, timeWindow: 60_000 })
  }
  await using served = await start(undefined, { prepare })
  for (let asked = 0; asked < 3; asked++) expect((await ask(served.url + HEALTH)).status).toBe(200)
  await using limited = await start({ routeOptions: { config: { rateLimit: { max: 1 } } } }, { prepare })
  expect((await ask(limited.url + HEALTH)).status).toBe(200)
  expect((await ask(limited.url + HEALTH)).status).toBe(429)
})

describe('a second registration', () => {
  const register = (scope: string, health?: FastifyHealthOptions | false) => async (child: FastifyInstance) => {
    await child.register(hotConfig, { sources: values({ scope }), health, logger: false })
    child.get(`/${scope}`, async (request) => request.config)
  }

  it('in a sibling scope without a prefix says what to do about the path of its report', async () => {
    const app = Fastify()
    app.register(register('a'))
    app.register(register('b'))
    const error = await Promise.resolve(app.ready()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(OptionError)
    expect(error).toHaveProperty(
      'message',
      'health.path: GET /config/health is a route already, perhaps of a registration in another scope: ' +
        'set another health.path, a prefix, or health: false',
    )
    await app.close()
  })

  it.each<[string, FastifyHealthOptions | false]>([
    ['another path', { path: '/other/health' }],
    ['no report', false],
    ['another host', { routeOptions: { constraints: { host: 'b.local' } } }],
  ])('works in a sibling scope with %s', async (_name, health) => {
    const app = Fastify()
    app.register(register('a'))
    app.register(register('b', health))
    expect((await app.inject('/a')).json()).toEqual({ scope: 'a' })
    expect((await app.inject('/b')).json()).toEqual({ scope: 'b' })
    expect((await app.inject(HEALTH)).statusCode).toBe(200)
    await app.close()
  })

  it("says the same of a route of the app's own", async () => {
    const app = Fastify()
    app.get(HEALTH, async () => 'mine')
    await expect(app.register(hotConfig, { sources: values({}), logger: false })).rejects.toThrow(OptionError)
    await app.close()
  })
})

it('code that assigns to request.config replaces it for that request, without an error', async () => {
  const app = Fastify()
  await app.register(hotConfig, { config: createTestConfig({ n: 1 }) })
  app.get('/own', { preHandler: async (request) => void Object.assign(request, { config: 'mine' }) }, (request) => ({
    config: request.config,
  }))
  app.get('/', async (request) => request.config)
  expect((await app.inject('/own')).json()).toEqual({ config: 'mine' })
  expect((await app.inject('/')).json()).toEqual({ n: 1 })
  await app.close()
})
