import { adapt, healthHandler, RequestPin } from '@hot-config/core'
import type { HealthOptions } from '@hot-config/core'
import type { AppUnderTest, RunningApp } from '@hot-config/testing'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** An adapter for Hono, made of what core offers to everybody. */
export async function startHono({ options, handler }: AppUnderTest): Promise<RunningApp> {
  const { config, ready, health, runInRequest, close } = adapt(options)
  await ready
  const pin = new RequestPin(config)
  const app = new Hono()
  if (runInRequest) app.use(({ req }, next) => pin.run(req.raw, next))
  if (health) {
    const answer = healthHandler(config, health as unknown as HealthOptions<Request>)
    app.get(health.path, ({ req }) => answer(req.raw))
  }
  app.all('/', async (c) => {
    const body: unknown = c.req.method === 'POST' ? await c.req.json().catch(() => undefined) : undefined
    const request = {
      get config() {
        return pin.of(c.req.raw) as never
      },
      body,
    }
    return c.json(await handler(request))
  })
  app.onError((error, c) => c.text('', ((error as { status?: number }).status ?? 500) as ContentfulStatusCode))
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      resolve({
        url: `http://127.0.0.1:${port}`,
        config,
        async close() {
          await new Promise((closed) => server.close(closed))
          await close()
        },
      })
    })
  })
}
