import { Agent } from 'node:http'

import {
  ClosedError,
  ConfigError,
  createHotConfig,
  NoRequestError,
  requestConfig,
  startHotConfig,
  values,
} from '@hot-config/core'
import type { HotConfig, RegisteredConfig } from '@hot-config/core'
import { hotConfig } from '@hot-config/express'
import { createTestConfig } from '@hot-config/testing'
import express5 from 'express'
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express'
// @ts-expect-error -- has no types under this name; those of 5 say the same about what is used here
import express4 from 'express4'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { ask } from '../contract/http.ts'
import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { listen } from '../support/listen.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const versions: readonly [name: string, create: typeof express5][] = [
  ['Express 5', express5],
  ['Express 4', express4 as typeof express5],
]

/** A source whose first reading waits until the test sets something. */
function slow(): DrivenSource {
  const source = drivenSource({})
  source.hang()
  return source
}

describe.each(versions)('the middleware on %s', (_name, express) => {
  const answer = express()
  answer.use((req, res) => void res.json({ config: req.config }))

  it('delays requests until the first load, but not health', async () => {
    const source = slow()
    await using live = disposable(hotConfig({ sources: source, logger: false }))
    await using app = await listen(express().use(live.middleware).use(answer))
    const waiting = [ask(app.url), ask(`${app.url}/config/health`, { method: 'POST' })]
    const health = await ask(`${app.url}/config/health`)
    expect(health).toMatchObject({ status: 503, headers: { 'content-type': 'application/health+json; charset=utf-8' } })
    expect(health.json()).toMatchObject({ status: 'fail', version: 0 })
    source.set({ text: 'one' })
    for (const answer of await Promise.all(waiting)) expect(answer.json()).toEqual({ config: { text: 'one' } })
    await live.middleware.ready()
    expect((await ask(`${app.url}/config/health`)).json()).toMatchObject({ status: 'pass', version: 1 })
  })

  it('answers all requests with 503 after a failed first load, and only the health path says why', async () => {
    const source = slow()
    await using live = disposable(hotConfig({ sources: source, logger: false }))
    await using app = await listen(express().use(live.middleware).use(answer))
    const waiting = ask(app.url)
    await ask(`${app.url}/config/health`)
    source.set(new Error('gone'))
    await expect(live.middleware.ready()).rejects.toBeInstanceOf(ConfigError)
    const report: unknown = JSON.parse(JSON.stringify(live.middleware.config.health()))
    expect(report).toMatchObject({ status: 'fail', lastRejection: { source: 'driven' } })
    const later = ['/', '/any/path'].map((path) => ask(app.url + path))
    for (const answer of await Promise.all([waiting, ...later, ask(app.url, { method: 'POST', body: {} })])) {
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'cache-control': 'no-store' },
        text: 'Service Unavailable',
      })
    }
    const health = await ask(`${app.url}/config/health`)
    expect(health).toMatchObject({ status: 503, headers: { 'cache-control': 'no-store' } })
    expect(health.json()).toEqual(report)
    expect(await ask(app.url, { method: 'HEAD' })).toMatchObject({ status: 503, text: '' })
  })

  it('leaves alone a request that other code has begun to answer, also without a configuration', async () => {
    await using live = disposable(hotConfig({ sources: drivenSource(new Error('gone')), logger: false }))
    const app = express()
    app.use((_req, res, next) => {
      res.writeHead(408).write('too')
      setTimeout(() => res.end(' late'), 20)
      next()
    }, live.middleware)
    await using served = await listen(app)
    expect(await ask(served.url)).toMatchObject({ status: 408, text: 'too late' })
  })

  it('tries a failed first load again when the source changes, and logs that it failed', async () => {
    const logger = recordingLogger()
    const source = drivenSource<object>(new Error('gone'))
    await using live = disposable(hotConfig({ sources: source, logger }))
    await using app = await listen(express().use(live.middleware).use(answer))
    expect((await ask(app.url)).status).toBe(503)
    expect(logger.lines).toMatchObject([
      { level: 'error', message: "no valid configuration yet: driven: can't be read: gone" },
    ])
    source.set({ text: 'one' })
    source.notify()
    await eventually(async () => expect((await ask(app.url)).status).toBe(200))
    expect((await ask(app.url)).json()).toEqual({ config: { text: 'one' } })
    expect((await ask(`${app.url}/config/health`)).json()).toMatchObject({ status: 'pass', version: 1 })
    expect(logger.lines.slice(1)).toMatchObject([{ level: 'info', message: 'configuration loaded' }])
  })

  it('waits for a configuration that it is given before its first load', async () => {
    const source = slow()
    const { config } = startHotConfig({ sources: source, logger: false })
    const live = hotConfig({ config })
    await using app = await listen(express().use(live).use(answer))
    const waiting = ask(app.url)
    await ask(`${app.url}/config/health`)
    source.set({ text: 'one' })
    expect((await waiting).json()).toEqual({ config: { text: 'one' } })
    await config.close()
  })

  it('ends all waiting requests when it is closed before the first load', async () => {
    const source = slow()
    const live = hotConfig({ sources: source, logger: false })
    await using app = await listen(express().use(live).use(answer))
    const waiting = ask(app.url)
    await ask(`${app.url}/config/health`)
    await live.close()
    source.set({ text: 'one' })
    await expect(live.ready()).rejects.toThrow(ClosedError)
    expect((await waiting).status).toBe(503)
  })

  it('serves health below its mount point: a path, a router, an app', async () => {
    const live = hotConfig({ config: createTestConfig({ text: 'one' }) })
    const app = express()
    app.use('/api', live)
    app.use('/router', express.Router().use(live))
    app.use('/app', express().use(live))
    app.use(answer)
    await using served = await listen(app)
    for (const below of ['/api', '/router', '/app']) {
      expect((await ask(`${served.url}${below}/config/health?a=b`)).json()).toMatchObject({ status: 'pass' })
    }
    expect((await ask(`${served.url}/config/health`)).json()).toEqual({})
    expect((await ask(`${served.url}/api/other`)).json()).toEqual({ config: { text: 'one' } })
  })

  it('has a configuration for each router, and none for requests elsewhere', async () => {
    const [outer, a, b] = ['outer', 'a', 'b'].map((text) => hotConfig({ config: createTestConfig({ text }) }))
    const app = express()
    app.use('/a', a!, answer)
    app.use('/b', b!, answer)
    const inner = express.Router().use(b!)
    app.use('/outer', outer!, inner, answer)
    app.use('/mine', (req, _res, next) => {
      Object.assign(req, { config: 'of another library' })
      next()
    })
    app.use(answer)
    await using served = await listen(app)
    const config = async (path: string): Promise<unknown> => (await ask(served.url + path)).json()
    expect(await config('/a')).toEqual({ config: { text: 'a' } })
    expect(await config('/b')).toEqual({ config: { text: 'b' } })
    expect(await config('/outer')).toEqual({ config: { text: 'b' } })
    expect(await config('/mine')).toEqual({ config: 'of another library' })
    expect(await config('/')).toEqual({})
    expect((await ask(`${served.url}/a/config/health`)).status).toBe(200)
  })

  it('replaces what others set as req.config, from the first request on', async () => {
    const app = express()
    app.use((req, _res, next) => {
      Object.assign(req, { config: 'of another library' })
      next()
    })
    app.get('/others', answer)
    app.use(hotConfig({ config: createTestConfig({ text: 'one' }) }), answer)
    await using served = await listen(app)
    for (let asked = 0; asked < 2; asked++) {
      expect((await ask(served.url)).json()).toEqual({ config: { text: 'one' } })
      expect((await ask(`${served.url}/others`)).json()).toEqual({ config: 'of another library' })
    }
  })

  it('is replaced, for that request alone, by middleware that assigns to req.config', async () => {
    const live = hotConfig({ config: createTestConfig({ text: 'one' }), requestContext: true })
    const app = express().use(live)
    app.use('/own', (req, _res, next) => {
      'use strict'
      Object.assign(req, { config: 'of another library' })
      next()
    })
    app.use((req, res) => void res.json([req.config, requestConfig(), Object.keys(req).includes('config')]))
    await using served = await listen(app)
    expect((await ask(`${served.url}/own`)).json()).toEqual(['of another library', { text: 'one' }, true])
    expect((await ask(served.url)).json()).toEqual([{ text: 'one' }, { text: 'one' }, false])
  })

  it('is available in apps below and above the one that has it', async () => {
    const [below, above] = [express(), express()]
    below.use(hotConfig({ config: createTestConfig({ text: 'one' }) }))
    below.get('/below', answer)
    above.use(below, answer)
    await using served = await listen(above)
    for (const path of ['/below', '/above']) {
      expect((await ask(served.url + path)).json()).toEqual({ config: { text: 'one' } })
    }
  })

  it('is available in an app that is called directly, and in one that is mounted twice', async () => {
    const shared = express().use('/shared', answer)
    const called = express().use('/called', answer)
    const outer = (text: string): Express => {
      const app = express().use(hotConfig({ config: createTestConfig({ text }) }), shared)
      return app.use((req, res, next) => {
        called(req, res, next)
      })
    }
    await using one = await listen(outer('one'))
    await using two = await listen(outer('two'))
    for (const [served, text] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      for (const path of ['/shared', '/called']) {
        expect((await ask(served.url + path)).json()).toEqual({ config: { text } })
      }
    }
  })

  it.each([
    ['a request that passes it twice', (live: RequestHandler) => live],
    ['a request that passes two with one configuration', (_: RequestHandler, again: RequestHandler) => again],
  ])('keeps one snapshot for %s', async (_, second) => {
    const config = createTestConfig({ text: 'one' })
    const options = { config, requestContext: true }
    const live = hotConfig(options)
    const app = express().use(live)
    app.use(
      (req, _res, next) => {
        expect(req.config).toEqual({ text: 'one' })
        void config.set({ text: 'two' })
        next()
      },
      second(live, hotConfig(options)),
    )
    app.use((req, res) => void res.json([req.config, requestConfig()]))
    await using served = await listen(app)
    expect((await ask(served.url)).json()).toEqual([{ text: 'one' }, { text: 'one' }])
  })

  it.each([
    ['only the outer one', true, false],
    ['only the inner one', false, true],
    ['both', true, true],
  ])('has in nested scopes the context of the innermost one, with requestContext of %s', async (_, outer, inner) => {
    const app = express()
    app.use(hotConfig({ config: createTestConfig({ text: 'outer' }), requestContext: outer }))
    app.use('/inner', hotConfig({ config: createTestConfig({ text: 'inner' }), requestContext: inner }))
    app.use((req, res) => {
      if (req.path.startsWith('/inner') || outer) expect(requestConfig()).toBe(req.config)
      else expect(() => requestConfig()).toThrow(NoRequestError)
      res.json(req.config)
    })
    await using served = await listen(app)
    for (const text of ['inner', 'outer', 'inner']) {
      expect((await ask(`${served.url}/${text}`)).json()).toEqual({ text })
    }
  })

  it('starts and ends the request context with the request', async () => {
    const live = hotConfig({ config: createTestConfig({ text: 'one' }), requestContext: true })
    const app = express()
    app.use((_req, _res, next) => {
      expect(() => requestConfig()).toThrow(NoRequestError)
      next()
    }, live)
    app.use((_req, res) => void res.json(requestConfig()))
    await using served = await listen(app)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let asked = 0; asked < 3; asked++) {
      expect((await ask(served.url, { agent, method: 'POST', body: {} })).json()).toEqual({ text: 'one' })
    }
    agent.destroy()
  })

  it('passes errors to the app, also those of requests that waited', async () => {
    const source = slow()
    await using live = disposable(hotConfig({ sources: source, logger: false }))
    const app = express().use(live.middleware)
    app.use(() => {
      throw new Error('broken')
    })
    const handler: ErrorRequestHandler = (error: Error, _req, res, _next) => {
      res.status(500).json({ error: error.message })
    }
    app.use(handler)
    await using served = await listen(app)
    const waiting = ask(served.url)
    await ask(`${served.url}/config/health`)
    source.set({ text: 'one' })
    expect((await waiting).json()).toEqual({ error: 'broken' })
    expect((await ask(served.url)).json()).toEqual({ error: 'broken' })
  })

  it('can be closed before any request, and its last snapshot stays readable', async () => {
    const live = hotConfig({ sources: values({ text: 'one' }), logger: false })
    await live.ready()
    await live.close()
    await expect(live.config.reload()).rejects.toThrow(ClosedError)
    expect(live.config.current).toEqual({ text: 'one' })
  })
})

it('is typed by the schema, the given configuration, and the registered type', async () => {
  const schema = z.object({ port: z.number() })
  await using made = disposable(hotConfig({ schema, sources: values({ port: 1 }), logger: false }))
  expectTypeOf(made.middleware.config).toEqualTypeOf<HotConfig<{ port: number }>>()
  await using config = await createHotConfig({ schema, sources: values({ port: 1 }), logger: false })
  expectTypeOf(hotConfig({ config }).config).toEqualTypeOf<HotConfig<{ port: number }>>()
  expectTypeOf<Request['config']>().toEqualTypeOf<RegisteredConfig>()
  expectTypeOf(hotConfig).toBeCallableWith()
  // @ts-expect-error -- an unknown option
  expect(() => hotConfig({ source: 'misspelt' })).toThrow('source: unknown option (did you mean "sources"?)')
  // @ts-expect-error -- read-only
  const assign = (req: Request): unknown => (req.config = {})
  expect(assign).toBeTypeOf('function')
})

function disposable<M extends { close(): Promise<void> }>(middleware: M): { middleware: M } & AsyncDisposable {
  return { middleware, [Symbol.asyncDispose]: () => middleware.close() }
}
