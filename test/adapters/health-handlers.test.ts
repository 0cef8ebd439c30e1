import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { answerHealth, healthHandler, nodeHealthHandler, startHotConfig } from '@hot-config/core'
import type { HealthOptions } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { drivenSource } from '../support/driven-source.ts'
import { WRONG } from '../support/hostile-answers.ts'
import { listen } from '../support/listen.ts'
import { longestBlock } from '../support/longest-block.ts'

const HEALTH = 'http://app.local/config/health'

describe('both handlers', () => {
  it.each<[Omit<HealthOptions, 'details'> & { readonly details?: boolean }, Record<string, string>, string]>([
    [{}, {}, '/config/health'],
    [{ page: true }, {}, '/config/health'],
    [{ page: true }, { accept: 'text/html' }, '/config/health?pause'],
    [{ details: false }, {}, '/config/health'],
    [{ path: '/healthz' }, {}, '/healthz?from=probe'],
  ])('answer with %j to %j what adapters answer', async (options, headers, path) => {
    const config = createTestConfig({ n: 1 })
    config.reject('no')
    const expected = await answerHealth(config, { headers, url: path }, options)
    const handle = nodeHealthHandler(config, options)
    await using served = await listen((req, res) => void (handle(req, res) || res.writeHead(404).end()))
    const node = await ask(served.url + path, { headers })
    const web = await healthHandler(config, options)(new Request(`http://app.local${path}`, { headers }))
    for (const [name, value] of Object.entries(expected.headers)) {
      expect(node.headers[name]).toBe(value)
      expect(web.headers.get(name)).toBe(value)
    }
    const { body, statusCode } = expected
    expect([node.status, web.status]).toEqual([statusCode, statusCode])
    if (typeof body === 'string') {
      expect(node.text).toMatch(/^<!doctype html>.*Needs attention/s)
      expect(await web.text()).toMatch(/^<!doctype html>.*Needs attention/s)
    } else {
      expect(node.json()).toEqual(JSON.parse(JSON.stringify(body)))
      expect(await web.json()).toEqual(node.json())
    }
  })

  it('answer 503 until there is a snapshot', async () => {
    const source = drivenSource({ n: 1 })
    source.hang()
    const { config } = startHotConfig({ sources: source, logger: false })
    const response = await healthHandler(config)(new Request(HEALTH))
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ status: 'fail' })
    const handle = nodeHealthHandler(config)
    await using served = await listen((req, res) => void handle(req, res))
    expect((await ask(`${served.url}/config/health`)).status).toBe(503)
    await config.close()
  })
})

describe('healthHandler', () => {
  it.each([
    ['GET', '/other'],
    ['GET', '/'],
    ['GET', '/config/health/'],
    ['GET', '/Config/health'],
    ['GET', '/api/config/health'],
    ['POST', '/config/health'],
    ['DELETE', '/config/health'],
  ])('answers %s %s with 404', async (method, path) => {
    const response = await healthHandler(createTestConfig({}))(new Request(`http://app.local${path}`, { method }))
    expect(response.status).toBe(404)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('answers HEAD without a body', async () => {
    const response = await healthHandler(createTestConfig({}))(new Request(HEALTH, { method: 'HEAD' }))
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })

  it('passes the web request to `details`', async () => {
    const config = createTestConfig({})
    const handle = healthHandler(config, {
      details: (request) => {
        expectTypeOf(request).toEqualTypeOf<Request>()
        return request.headers.get('authorization') === 'Bearer monitor'
      },
    })
    expect(await (await handle(new Request(HEALTH))).json()).toEqual({ status: 'pass' })
    const monitor = new Request(HEALTH, { headers: { authorization: 'Bearer monitor' } })
    expect(await (await handle(monitor)).json()).toHaveProperty('version')
  })
})

describe('a function `details` that goes wrong', () => {
  it.concurrent.each(Object.entries(WRONG))(
    'shows the status alone, within its limit: %s',
    { timeout: 10_000 },
    async (_way, details) => {
      const handle = healthHandler(createTestConfig({}), { details: details as () => never })
      const response = await handle(new Request(HEALTH))
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ status: 'pass' })
    },
  )
})

describe('nodeHealthHandler', () => {
  it('returns whether it answers, and leaves all other requests alone', async () => {
    const handle = nodeHealthHandler(createTestConfig({}))
    const answered: boolean[] = []
    await using served = await listen((req, res) => {
      answered.push(handle(req, res))
      if (!answered.at(-1)) res.end('app')
    })
    expect((await ask(`${served.url}/config/health`)).status).toBe(200)
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/config/health/more'],
      ['POST', '/config/health'],
    ] as const) {
      expect((await ask(served.url + path, { method })).text).toBe('app')
    }
    expect(answered).toEqual([true, false, false, false])
  })

  it('answers 500 without a reason when the report fails', async () => {
    const config = Object.assign(createTestConfig({}), {
      health: () => {
        throw new Error('a reason')
      },
    })
    const handle = nodeHealthHandler(config)
    await using served = await listen((req, res) => void handle(req, res))
    expect(await ask(`${served.url}/config/health`)).toMatchObject({ status: 500, text: 'Internal Server Error' })
  })

  it('works on HTTP/2', async () => {
    const handle = nodeHealthHandler(createTestConfig({}))
    const server = createHttp2Server((req, res) => void handle(req, res)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const asking = client.request({ ':path': '/config/health' })
    expect(JSON.parse(await text(asking))).toMatchObject({ status: 'pass' })
    client.close()
    server.close()
    await once(server, 'close')
  })
})

describe('a request that is made to be expensive', () => {
  it.each([
    ['question marks', `?${'?'.repeat(16_000)}`, 'text/html'],
    ['empty parameters', `?${'&'.repeat(16_000)}`, 'text/html'],
    ['percents', `?${'%'.repeat(16_000)}`, 'text/html'],
    ['hashes', '#'.repeat(16_000), 'text/html'],
    ['media types', '', 'text/html,'.repeat(1_600)],
    ['parameters of a media type', '', `text/html${';q=1'.repeat(4_000)}`],
    ['quotes', '', `text/html;a=${'"\\'.repeat(8_000)}`],
  ])('stalls nothing: %s', async (_what, query, accept) => {
    const config = createTestConfig({ n: 1 })
    const ask = (): ReturnType<typeof answerHealth> =>
      answerHealth(config, { headers: { accept }, url: `/config/health${query}` }, { page: true })
    await ask()
    const { result, cpuMs } = await longestBlock(ask)
    expect(result.statusCode).toBe(200)
    expect(cpuMs).toBeLessThan(100)
  })
})
