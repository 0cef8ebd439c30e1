import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { request } from 'node:http'

import { requestConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { hotConfig } from '@hot-config/express'
import type { HotConfigMiddleware } from '@hot-config/express'
import { createTestConfig } from '@hot-config/testing'
import connect from 'connect'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { drivenSource } from '../support/driven-source.ts'
import { listen } from '../support/listen.ts'

type Handler = (req: IncomingMessage & { config?: unknown }) => unknown

const SERVERS: readonly [
  name: string,
  create: (live: HotConfigMiddleware<unknown>, handle: Handler) => RequestListener,
][] = [
  [
    'connect',
    (live, handle) =>
      connect()
        .use(live)
        .use((req, res) => res.end(JSON.stringify(handle(req)))),
  ],
  [
    'connect, mounted',
    (live, handle) =>
      connect()
        .use('/', live)
        .use('/', (req: IncomingMessage, res: { end(text: string): void }) => res.end(JSON.stringify(handle(req)))),
  ],
  [
    'a bare http server',
    (live, handle) => (req, res) => {
      live(req, res, () => res.end(JSON.stringify(handle(req))))
    },
  ],
]

describe.each(SERVERS)('the middleware in %s', (_name, create) => {
  const config = (): HotConfig<unknown> => createTestConfig<unknown>({ n: 1 })

  it('serves the health report, with a slash at the end as well', async () => {
    const live = hotConfig({ config: config() })
    await using served = await listen(create(live, () => 'app'))
    for (const path of ['/config/health', '/config/health/?a', '/Config/Health']) {
      const answer = await ask(served.url + path)
      expect(answer).toMatchObject({
        status: 200,
        headers: { 'content-type': 'application/health+json; charset=utf-8', 'cache-control': 'no-store' },
      })
      expect(answer.json()).toEqual(JSON.parse(JSON.stringify(live.config.health())))
    }
    expect(await ask(`${served.url}/config/health`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
    expect((await ask(`${served.url}/config/health`, { method: 'POST', body: {} })).json()).toBe('app')
    expect((await ask(`${served.url}/config`)).json()).toBe('app')
  })

  it('serves it to a request that names scheme and host in its target', async () => {
    await using served = await listen(create(hotConfig({ config: config() }), () => 'app'))
    const asking = request(served.url, { path: 'http://service.local/config/health?a=b' }).end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    expect(answer.headers['content-type']).toContain('application/health+json')
    answer.resume()
  })

  it('passes requests their configuration, and code far from them too', async () => {
    const live = hotConfig({ config: config(), requestContext: true })
    await using served = await listen(create(live, (req) => [req.config, requestConfig()]))
    expect((await ask(served.url)).json()).toEqual([{ n: 1 }, { n: 1 }])
  })

  it('delays requests until the first load, and answers 503 when it fails', async () => {
    const source = drivenSource<object>(new Error('gone'))
    const live = hotConfig({ sources: source, logger: false })
    await using served = await listen(create(live as HotConfigMiddleware<unknown>, (req) => req.config))
    expect((await ask(served.url)).status).toBe(503)
    expect((await ask(`${served.url}/config/health`)).status).toBe(503)
    source.set({ n: 2 })
    await live.config.reload()
    expect((await ask(served.url)).json()).toEqual({ n: 2 })
    await live.close()
  })
})
