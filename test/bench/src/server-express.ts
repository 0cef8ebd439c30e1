import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { requestConfig } from '@hot-config/core'
import { hotConfig } from '@hot-config/express'
import Express from 'express'

import { startBaking } from './server-baking.ts'
import { SETTINGS } from './server-settings.ts'
import type { Settings, Start } from './server-settings.ts'

export const express: Readonly<
  Record<'bare' | 'bareMiddleware' | 'bareContext' | 'request' | 'baking' | 'context', Start>
> = {
  bare: async () => {
    const app = Express()
    app.get('/', (_request, response) => void response.json({ c: SETTINGS.a.b.c }))
    return await listen(app)
  },

  bareMiddleware: async () => {
    const app = Express()
    app.use((_request, _response, next) => next())
    app.get('/', (_request, response) => void response.json({ c: SETTINGS.a.b.c }))
    return await listen(app)
  },

  bareContext: async () => {
    const app = Express()
    const storage = new AsyncLocalStorage<Settings>()
    app.use((_request, _response, next) => storage.run(SETTINGS, next))
    app.get('/', (_request, response) => void response.json({ c: storage.getStore()?.a.b.c }))
    return await listen(app)
  },

  request: async (volume) => {
    const app = Express()
    const live = hotConfig({ sources: volume, logger: false })
    app.use(live)
    app.get('/', (request, response) => void response.json({ c: (request.config as unknown as Settings).a.b.c }))
    await live.ready()
    return await listen(app)
  },

  baking: async (volume) => {
    const app = Express()
    app.use(hotConfig({ config: await startBaking(volume) }))
    app.get('/', (request, response) => void response.json({ c: (request.config as unknown as Settings).a.b.c }))
    return await listen(app)
  },

  context: async (volume) => {
    const app = Express()
    const live = hotConfig({ sources: volume, logger: false, requestContext: true })
    app.use(live)
    app.get('/', (_request, response) => void response.json({ c: (requestConfig() as unknown as Settings).a.b.c }))
    await live.ready()
    return await listen(app)
  },
}

async function listen(app: Express.Express): Promise<number> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
