import { Agent } from 'node:http'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'

import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
// @ts-expect-error -- has no types under this name; those of 5 say the same about what is used here
import express4 from 'express4'
import * as fc from 'fast-check'
import { expect } from 'vitest'

import { bareHttpHarness } from '../contract/bare-http-harness.ts'
import { expressHarness } from '../contract/express-harness.ts'
import { fastifyHarness } from '../contract/fastify-harness.ts'
import type { AdapterHarness, ContractConfig, RunningApp } from '../contract/harness.ts'
import { startHono } from '../contract/hono-harness.ts'
import { ask } from '../contract/http.ts'
import { nestHarness } from '../contract/nest-harness.ts'
import { leaksIn } from '../secrets/leaks.ts'
import { nothingBut, openNow } from '../contract/support.ts'
import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { hostileRequest } from '../support/hostile-requests.ts'
import { SECRET } from '../support/hostile-texts.ts'
import { usedBytes } from '../support/memory.ts'
import { askRaw } from '../support/raw-http.ts'
import type { RawAnswer } from '../support/raw-http.ts'
import { proof } from './proof.ts'

const HARNESSES: readonly AdapterHarness[] = [
  fastifyHarness,
  expressHarness('Express 5', express),
  expressHarness('Express 4', express4),
  nestHarness('platform-express', () => new ExpressAdapter()),
  nestHarness('platform-fastify', () => new FastifyAdapter()),
  bareHttpHarness,
  { name: 'Hono', start: startHono },
]

const HEALTH = '/config/health'
/** A value that the page shows, and nothing else. */
const SHOWN = 'shown-on-the-page-alone'
const TAG = '<script>alert("x")</script>'
const MIB = 1024 * 1024

/** What every update holds: a text that shows a torn value, a secret, a value of the page, and HTML in a name and a value. */
const holding = (version: number | string): object => ({
  text: `${version}`,
  echo: `${version}`,
  limits: { rate: version },
  db: { password: SECRET },
  shown: SHOWN,
  [TAG]: `<img src=x onerror="${version}">`,
})

/** Rejects every fifth update, and quotes its secret. */
function schema(input: Record<string, unknown>): unknown {
  if (input['text'] === 'bad') throw new Error(`can't use ${JSON.stringify(input['db'])}`)
  return input
}

interface Served extends AsyncDisposable {
  readonly app: RunningApp
  readonly source: DrivenSource<object>
  /** Reloads until it is disposed. */
  churn(): AsyncDisposable
}

async function serve(harness: AdapterHarness, options: object = {}): Promise<Served> {
  const source = drivenSource<object>(holding(0))
  const handler = ({ config: { text, echo } }: { config: ContractConfig }): object => ({ text, echo })
  const app = await harness.start({ options: { sources: source, schema, logger: false, ...options }, handler })
  return {
    app,
    source,
    churn() {
      let isOver = false
      const reloading = (async () => {
        for (let version = 1; !isOver; version++) {
          source.set(holding(version % 5 === 0 ? 'bad' : version))
          await app.config.reload()
          await setTimeout(5)
        }
      })()
      return {
        async [Symbol.asyncDispose]() {
          isOver = true
          await reloading
        },
      }
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** The app's own request, which must not notice anything. */
async function expectApp({ url }: RunningApp, agent?: Agent): Promise<void> {
  const { status, text } = await ask(url, agent && { agent })
  expect(status).toBe(200)
  const { text: served, echo } = JSON.parse(text) as ContractConfig
  expect(echo).toBe(served)
}

function expectHarmless(request: string, answer: RawAnswer): void {
  const { status, head, body } = answer
  const [, type = ''] = /^content-type: (.*)$/im.exec(head) ?? []
  if (status !== undefined) expect(status).toBeLessThan(500)
  expect(leaksIn(head + body, [SECRET])).toEqual([])
  if (body.includes(SHOWN)) expect([type, request]).toEqual(['text/html; charset=utf-8', request])
  // An error page of a framework may have the path of the request in it, escaped.
  if (type.startsWith('text/html')) expect(body).not.toMatch(/<script|<img/i)
  const isPage = /<title>[^<]*Configuration<\/title>/.test(body)
  const isReport = type.startsWith('application/health+json')
  if (!isPage && !isReport) return expect(body).not.toContain('loadedAt')
  expect(request).toMatch(/^(?:GET|HEAD) /)
  expect([status, answer.header('cache-control')]).toEqual([200, 'no-store'])
  expect(answer.header('etag')).toBeUndefined()
  if (isPage) {
    expect(answer.header('content-security-policy')).toContain("default-src 'none'")
    expect(answer.header('x-content-type-options')).toBe('nosniff')
  } else if (body !== '') expect(JSON.parse(body)).toHaveProperty('status')
}

for (const harness of HARNESSES) {
  proof(
    `hostile requests for the health of ${harness.name} show and change nothing`,
    { proves: ['health-only-reads', 'secrets-stay-secret'], unit: 'requests', small: 24, large: 4_000 },
    async ({ size, seed, count }) => {
      for (const page of [true, false]) {
        await using served = await serve(harness, { health: { page } })
        const { app } = served
        const property = fc.asyncProperty(hostileRequest, async (request) => {
          count()
          const { version } = app.config.snapshot
          const answer = await askRaw(app.url, request)
          expectHarmless(request, answer)
          if (!page) expect(answer.body).not.toContain(SHOWN)
          expect(app.config.snapshot.version).toBe(version)
        })
        await fc.assert(property, { seed, numRuns: Math.ceil(size / 4) })
        await using _churn = served.churn()
        const amidReloads = fc.asyncProperty(hostileRequest, async (request) => {
          count()
          const [answer] = await Promise.all([askRaw(app.url, request), expectApp(app)])
          expectHarmless(request, answer)
        })
        await fc.assert(amidReloads, { seed: seed + 1, numRuns: Math.ceil(size / 4) })
      }
    },
  )

  proof(
    `load on the health of ${harness.name} amid reloads, with clients that are slow or go away, hurts nobody`,
    { proves: ['health-only-reads', 'one-request', 'nothing-leaks'], unit: 'requests', small: 140, large: 20_000 },
    async ({ size, count }) => {
      const warnings: Error[] = []
      const onWarning = (warning: Error): void => void warnings.push(warning)
      process.on('warning', onWarning)
      const open = openNow()
      {
        const details = async ({ headers }: { headers: object }): Promise<boolean> =>
          headers instanceof Headers ? !headers.has('authorization') : !('authorization' in headers)
        await using served = await serve(harness, { health: { page: true, details } })
        await using _churn = served.churn()
        const agent = new Agent({ keepAlive: true, maxSockets: 32 })
        const load = async (requests: number): Promise<void> => {
          let left = requests
          const client = async (number: number): Promise<void> => {
            while (left-- > 0) {
              count()
              await (CLIENTS[number % CLIENTS.length] as Client)(served.app, agent)
            }
          }
          await Promise.all(Array.from({ length: 24 }, (_, number) => client(number)))
        }
        await load(Math.ceil(size / 4))
        const before = await usedBytes()
        await load(Math.floor((size * 3) / 4))
        // A history of 20 entries and warm code may still grow a little.
        expect(await usedBytes()).toBeLessThan(before + 16 * MIB)
        agent.destroy()
      }
      await nothingBut(open)
      process.off('warning', onWarning)
      expect(warnings).toEqual([])
    },
  )
}

type Client = (app: RunningApp, agent: Agent) => Promise<void>

const CLIENTS: readonly Client[] = [
  (app, agent) => expectApp(app, agent),
  async ({ url }, agent) => {
    const { status, headers, text } = await ask(url + HEALTH, { agent })
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(text).not.toContain(SHOWN)
    expect(JSON.parse(text)).toHaveProperty('digest')
  },
  async ({ url }, agent) => {
    const { status, text } = await ask(url + HEALTH, { agent, headers: { authorization: 'none' } })
    expect(status).toBe(200)
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['status'])
  },
  async ({ url }, agent) => {
    const { status, text } = await ask(url + HEALTH, { agent, headers: { accept: 'text/html' } })
    expect(status).toBe(200)
    expect(text).toContain(SHOWN)
    expect(leaksIn(text, [SECRET])).toEqual([])
  },
  // Go away at once, or a little later. Then each waits for an answer on a connection of its own, behind those that were
  // left: together they don't open more than a process can accept, nor ask for more pages than it can render.
  ...[0, 1, 30].map((afterMs): Client => async (app) => {
    await leave(app.url, afterMs)
    await expectApp(app)
  }),
]

/** Asks for the page in two pieces, does not read the answer, and goes away. */
async function leave(url: string, afterMs: number): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) })
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`GET ${HEALTH} HTTP/1.1\r\nhost: a\r\n`)
  await setTimeout(afterMs)
  socket.write('accept: text/html\r\n\r\n')
  await setTimeout(afterMs)
  socket.destroy()
  await closed
}
