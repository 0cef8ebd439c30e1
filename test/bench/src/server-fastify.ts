import { AsyncLocalStorage } from 'node:async_hooks'
import type { AddressInfo } from 'node:net'

import { requestConfig } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'

import { startBaking } from './server-baking.ts'
import { SETTINGS } from './server-settings.ts'
import type { Settings, Start } from './server-settings.ts'

type Way = 'bare' | 'bareContext' | 'request' | 'idleHook' | 'baking' | 'context'

export const fastify: Readonly<Record<Way, Start>> = {
  bare: async () => {
    const app = Fastify()
    app.get('/', async () => ({ c: SETTINGS.a.b.c }))
    return await listen(app)
  },

  bareContext: async () => {
    const app = Fastify()
    const storage = new AsyncLocalStorage<Settings>()
    app.addHook('onRequest', (_request, _reply, done) => storage.run(SETTINGS, done))
    app.get('/', async () => ({ c: storage.getStore()?.a.b.c }))
    return await listen(app)
  },

  request: async (volume) => {
    const app = Fastify()
    await app.register(hotConfig, { sources: volume, logger: false })
    app.get('/', async (request) => ({ c: (request.config as unknown as Settings).a.b.c }))
    return await listen(app)
  },

  idleHook: async (volume) => {
    const app = Fastify()
    await app.register(hotConfig, { sources: volume, logger: false })
    app.addHook('onRequest', (_request, _reply, done) => done())
    app.get('/', async (request) => ({ c: (request.config as unknown as Settings).a.b.c }))
    return await listen(app)
  },

  baking: async (volume) => {
    const app = Fastify()
    await app.register(hotConfig, { config: await startBaking(volume) })
    app.get('/', async (request) => ({ c: (request.config as unknown as Settings).a.b.c }))
    return await listen(app)
  },

  context: async (volume) => {
    const app = Fastify()
    await app.register(hotConfig, { sources: volume, logger: false, requestContext: true })
    app.get('/', async () => ({ c: (requestConfig() as unknown as Settings).a.b.c }))
    return await listen(app)
  },
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}
