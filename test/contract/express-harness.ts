import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'

import { hotConfig } from '@hot-config/express'
import type express from 'express'

import type { AdapterHarness, RequestUnderTest, RunningApp } from './harness.ts'

/** Express 5 and 4 differ for an app in what a handler that rejects does; the rest is the same. */
export function expressHarness(name: string, create: typeof express): AdapterHarness {
  return {
    name,
    async start({ options, handler }) {
      const app = create()
      const middleware = hotConfig(options)
      app.use(middleware)
      app.use(create.json())
      app.all('/', (req, res, next) => {
        Promise.resolve(handler(req as unknown as RequestUnderTest)).then((answer) => res.json(answer), next)
      })
      await middleware.ready()
      const server = app.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      return {
        url: `http://127.0.0.1:${port}`,
        config: middleware.config as unknown as RunningApp['config'],
        async close() {
          await promisify(server.close.bind(server))()
          await middleware.close()
        },
      }
    },
  }
}
