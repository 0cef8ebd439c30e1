import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

import { adapt, nodeHealthHandler, RequestPin } from '@hot-config/core'

import { listen } from '../support/listen.ts'
import type { AdapterHarness } from './harness.ts'

/** What a program without a framework does with what core offers to everybody. */
export const bareHttpHarness: AdapterHarness = {
  name: 'a bare http server',
  async start({ options, handler }) {
    const { config, ready, health, runInRequest, close } = adapt(options)
    await ready
    const pin = new RequestPin(config)
    const answersHealth = health ? nodeHealthHandler(config, health) : () => false

    async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
      if (req.url !== '/') return void res.writeHead(404).end()
      const body = req.method === 'POST' ? parsed(await text(req)) : undefined
      const request = {
        get config() {
          return pin.of(req)
        },
        body,
      }
      res.end(JSON.stringify(await handler(request)))
    }

    const server = await listen((req, res) => {
      if (answersHealth(req, res)) return
      const failed = (error: { readonly status?: number }): void => void res.writeHead(error.status ?? 500).end()
      pin.watch?.(req, res)
      const run = (): unknown => answer(req, res).catch(failed)
      if (runInRequest) pin.run(req, run)
      else run()
    })
    return {
      url: server.url,
      config,
      async close() {
        await server.close()
        await close()
      },
    }
  },
}

/** @throws an error with the status of the answer, as the parsers of frameworks do */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw Object.assign(error as Error, { status: 400 })
  }
}
