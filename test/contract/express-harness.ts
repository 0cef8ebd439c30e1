import { hotConfig } from '@hot-config/express'
import type express from 'express'

import { listen } from '../support/listen.ts'
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
      const server = await listen(app)
      return {
        url: server.url,
        config: middleware.config as unknown as RunningApp['config'],
        async close() {
          await server.close()
          await middleware.close()
        },
      }
    },
  }
}
