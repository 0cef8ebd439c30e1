import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'

import type { AdapterHarness, RequestUnderTest, RunningApp } from './harness.ts'

export const fastifyHarness: AdapterHarness = {
  name: 'Fastify 5',
  async start({ options, handler }) {
    const app = Fastify()
    try {
      await app.register(hotConfig, options)
      app.route({
        method: ['GET', 'POST'],
        url: '/',
        handler: async (request) => handler(request as unknown as RequestUnderTest),
      })
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      return { url, config: app.hotConfig as unknown as RunningApp['config'], close: () => app.close() }
    } catch (error) {
      await app.close()
      throw error
    }
  },
}
