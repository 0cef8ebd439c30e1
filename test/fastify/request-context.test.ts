import { Agent } from 'node:http'

import { NoRequestError, requestConfig } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import { createTestConfig } from '@hot-config/testing'
import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'

describe('the request context in Fastify', () => {
  it.each([
    ['only the outer one', true, false],
    ['only the inner one', false, true],
    ['both', true, true],
  ])('is that of the innermost scope in nested ones, with the option of %s', async (_, outer, inner) => {
    const app = Fastify()
    const answer = async (request: FastifyRequest): Promise<unknown> => {
      if (request.url === '/inner' || outer) expect(requestConfig()).toBe(request.config)
      else expect(() => requestConfig()).toThrow(NoRequestError)
      return request.config
    }
    await app.register(hotConfig, { config: createTestConfig({ scope: 'outer' }), requestContext: outer })
    // of the outer scope, and so before all hooks of the inner one
    if (outer) app.addHook('onRequest', async (request) => void (await answer(request)))
    app.get('/outer', answer)
    await app.register(async (scope) => {
      const config = createTestConfig({ scope: 'inner' })
      await scope.register(hotConfig, { config, requestContext: inner, health: false })
      await scope.register(async (within) => void within.get('/inner', answer))
    })
    for (const scope of ['inner', 'outer', 'inner']) {
      expect((await app.inject(`/${scope}`)).json()).toEqual({ scope })
    }
    await app.close()
  })

  it('exists in every later hook, the handler and the error handler, and not before', async () => {
    const config = createTestConfig({ round: 0 })
    const app = Fastify()
    const seen: string[] = []
    const look = (where: string, request: FastifyRequest): void => {
      // pinned to this request: on a connection that serves many, that of the one before has another round
      seen.push(requestConfig() === request.config ? where : `${where} of another request`)
    }
    app.addHook('onRequest', async () => {
      expect(() => requestConfig()).toThrow(NoRequestError)
    })
    await app.register(hotConfig, { config, requestContext: true })
    app.addHook('onRequest', async (request) => look('onRequest', request))
    app.addHook('preParsing', async (request) => look('preParsing', request))
    app.addHook('preValidation', async (request) => look('preValidation', request))
    app.addHook('preHandler', async (request) => look('preHandler', request))
    app.addHook('preSerialization', async (request) => look('preSerialization', request))
    app.addHook('onSend', async (request) => look('onSend', request))
    app.addHook('onError', async (request) => look('onError', request))
    const { promise: responded, resolve } = responses(4)
    app.addHook('onResponse', async (request) => {
      look('onResponse', request)
      resolve()
    })
    app.setErrorHandler(async (_error, request, reply) => {
      look('errorHandler', request)
      return reply.code(400).send({})
    })
    app.post('/', async (request) => {
      look('handler', request)
      return request.config
    })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (const round of [1, 2]) {
      void config.set({ round })
      expect((await ask(url, { agent, method: 'POST', body: {} })).json()).toEqual({ round })
      void config.set({ round: -round })
      expect((await ask(url, { agent, method: 'POST', json: '{ "broken": ' })).status).toBe(400)
    }
    await responded
    agent.destroy()
    await app.close()
    const all = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'handler', 'preSerialization', 'onSend']
    expect(new Set(seen)).toEqual(new Set([...all, 'onResponse', 'onError', 'errorHandler']))
  })
})

function responses(count: number): { readonly promise: Promise<void>; resolve(): void } {
  let done!: () => void
  const promise = new Promise<void>((resolve) => (done = resolve))
  let left = count
  return {
    promise,
    resolve() {
      left--
      if (left === 0) done()
    },
  }
}
