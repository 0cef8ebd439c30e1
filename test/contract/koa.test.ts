import { text } from 'node:stream/consumers'

import { adapt, nodeHealthHandler, RequestPin } from '@hot-config/core'
import Koa from 'koa'

import { listen } from '../support/listen.ts'
import { adapterContract } from './adapter-contract.ts'

/** An adapter for Koa, made of what core offers to everybody. */
adapterContract({
  name: 'Koa 3',
  async start({ options, handler }) {
    const { config, ready, health, runInRequest, close } = adapt(options)
    await ready
    const pin = new RequestPin(config)
    const app = new Koa()
    app.silent = true
    if (health) {
      const answers = nodeHealthHandler(config, health)
      app.use((context, next) => {
        context.respond = !answers(context.req, context.res)
        return context.respond ? next() : undefined
      })
    }
    app.use((context, next) => {
      pin.watch?.(context.req, context.res)
      return next()
    })
    if (runInRequest) app.use((context, next) => pin.run(context.req, next))
    app.use(async (context) => {
      if (context.path !== '/') return
      const body: unknown = context.method === 'POST' ? JSON.parse(await text(context.req)) : undefined
      const request = {
        get config() {
          return pin.of(context.req)
        },
        body,
      }
      context.body = JSON.stringify(await handler(request))
    })
    const handle = app.callback()
    const server = await listen((req, res) => void handle(req, res))
    return {
      url: server.url,
      config,
      async close() {
        await server.close()
        await close()
      },
    }
  },
})
