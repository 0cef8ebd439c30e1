import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

import { adapt, nodeHealthHandler, RequestPin } from '@hot-config/core'
import type { AdapterOptions, HotConfig } from '@hot-config/core'
import { adapterContract } from '@hot-config/testing'
import type { AdapterCapabilities, AppUnderTest, RunningApp } from '@hot-config/testing'

import { listen } from '../support/listen.ts'

/** What an adapter does wrong, or differently from a good one. */
export interface Ways {
  /** The configuration of a request. */
  readonly config?: (request: object, config: HotConfig<unknown>, pin: RequestPin<unknown>) => unknown
  /** What is passed on as options. */
  readonly options?: (options: AdapterOptions) => AdapterOptions
  /** The options of health. */
  readonly health?: (health: object) => object
  readonly answersHealth?: (
    req: IncomingMessage,
    res: ServerResponse,
    answers: (req: IncomingMessage, res: ServerResponse) => boolean,
  ) => boolean
  readonly run?: (request: object, pin: RequestPin<unknown>, code: () => unknown) => unknown
  readonly failed?: (error: { readonly status?: number }) => number
  readonly close?: (own: () => Promise<void>, config: HotConfig<unknown>) => Promise<void>
  readonly waits?: boolean
}

/** A small adapter for bare servers, which keeps every guarantee unless it is told otherwise. */
export function adapterThat(ways: Ways): (app: AppUnderTest) => Promise<RunningApp> {
  return async ({ options, handler }) => {
    const { config, ready, health, runInRequest, close } = adapt(ways.options?.(options) ?? options)
    if (ways.waits ?? true) await ready
    const pin = new RequestPin<unknown>(config)
    const handles = health ? nodeHealthHandler(config, ways.health?.(health) ?? health) : () => false
    const run = ways.run ?? ((request, of, code) => of.run(request, code))

    async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
      const body: unknown = req.method === 'POST' ? JSON.parse((await text(req)) || 'null') : undefined
      if (req.url !== '/') return void res.writeHead(404).end()
      const request = {
        get config() {
          return (ways.config ? ways.config(req, config, pin) : pin.of(req)) as never
        },
        body,
      }
      const json = JSON.stringify(await handler(request))
      res.end(json)
    }

    const server = await listen((req, res) => {
      if (ways.answersHealth ? ways.answersHealth(req, res, handles) : handles(req, res)) return
      const failed = (error: { readonly status?: number }): void =>
        void res.writeHead(ways.failed?.(error) ?? error.status ?? 500).end()
      const code = (): unknown => answer(req, res).catch(failed)
      if (runInRequest) run(req, pin, code)
      else code()
    })
    return {
      url: server.url,
      config,
      async close() {
        await server.close()
        await (ways.close?.(close, config) ?? close())
      },
    }
  }
}

/** Runs the contract, and returns the tests that failed by name. */
export async function failuresOf(
  start: (app: AppUnderTest) => Promise<RunningApp>,
  capabilities: Partial<AdapterCapabilities> = {},
): Promise<Record<string, Error>> {
  const tests: { name: string; body: () => Promise<void> }[] = []
  let group = ''
  adapterContract({
    describe: (name, body) => {
      group = name
      body()
    },
    it: (name, body) => tests.push({ name: `${group} ${name}`, body }),
    start,
    capabilities,
    withinMs: 2_000,
  })
  const failures: Record<string, Error> = {}
  // one after another, since each expects to have the request context for itself
  for (const { name, body } of tests) {
    await body().catch((error: unknown) => {
      failures[name] = error as Error
    })
  }
  return failures
}
