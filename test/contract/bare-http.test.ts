import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

import { adapt, nodeHealthHandler, RequestPin } from '@hot-config/core'

import { adapterContract } from './adapter-contract.ts'

/** What a program without a framework does with what core offers to everybody. */
adapterContract({
  name: 'a bare http server',
  async start({ options, handler }) {
    const { config, ready, health, runInRequest, close } = adapt(options)
    await ready
    const pin = new RequestPin(config)
    const answersHealth = health ? nodeHealthHandler(config, health) : () => false

    async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
      if (req.url !== '/') return void res.writeHead(404).end()
      const body: unknown = req.method === 'POST' ? JSON.parse(await text(req)) : undefined
      const request = {
        get config() {
          return pin.of(req)
        },
        body,
      }
      res.end(JSON.stringify(await handler(request)))
    }

    const server = createServer((req, res) => {
      if (answersHealth(req, res)) return
      const failed = (error: { readonly status?: number }): void => void res.writeHead(error.status ?? 500).end()
      pin.watch?.(req, res)
      const run = (): unknown => answer(req, res).catch(failed)
      if (runInRequest) pin.run(req, run)
      else run()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      config,
      async close() {
        await promisify(server.close.bind(server))()
        await close()
      },
    }
  },
})
