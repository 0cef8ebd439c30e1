// node --expose-gc app.mjs SETTINGS: an app that follows a volume with a canary, a ConfigMap and a Secret of the API,
// with a guard and a resource, on the framework that the settings name. Runs against the built packages. It says its
// port, answers 'measure', and closes on 'close': then nothing may keep the process alive.
import 'reflect-metadata'

import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'

import { volume, withCanary } from '@hot-config/core'
import { configMap, secret } from '@hot-config/kubernetes'

const { framework, stable, canary, api, map, credentials, timing } = JSON.parse(process.argv[2])
const tell = (message) => process.send?.(message)
process.on('warning', ({ name, message }) => tell({ problem: `${name}: ${message}` }))
process.on('unhandledRejection', (error) => tell({ problem: `unhandled rejection: ${String(error)}` }))

const connection = { ...api, namespace: 'default', timing }
const options = {
  schema: check,
  sources: [
    withCanary(volume(stable), volume(canary), { identity: framework }),
    configMap({ ...connection, name: map }),
    secret({ ...connection, name: credentials }),
  ],
  guard: { bakeMs: 5_000, intervalMs: 100, minRequests: 5, maxErrorRate: 0.05 },
  logger: false,
}

/** Rejects what is torn, and what counts no one. A value with `fails` passes: only requests show that it is bad. */
function check(input) {
  for (const name of ['count', 'api', 'secret']) {
    if (!Number.isSafeInteger(input[name])) throw new Error(`${name}: expected a whole number`)
  }
  if (input.copy !== input.count) throw new Error(`copy: expected ${input.count}`)
  return input
}

let pool

/** Builds a pool from its size. The size 13 can't be built. */
function createPool(size) {
  if (size === 13) throw new Error('a pool of 13 is bad luck')
  return { size, isOpen: true, buffer: Buffer.alloc(64 * 1024) }
}

/** What each request does: reads its configuration twice, with a turn between, and uses the pool. */
async function answer(configOf) {
  const config = configOf()
  const used = pool.current
  await turn()
  if (configOf() !== config) throw new Error('the request saw two snapshots')
  if (!used.isOpen) throw new Error('the pool was closed while it was used')
  const { count, copy, api, fails = false } = config
  return { status: fails ? 500 : 200, body: { count, copy, api, fails } }
}

const starts = {
  async fastify() {
    const { hotConfig } = await import('@hot-config/fastify')
    const { default: Fastify } = await import('fastify')
    const app = Fastify({ forceCloseConnections: true })
    await app.register(hotConfig, options)
    app.get('/', async (request, reply) => {
      const { status, body } = await answer(() => request.config)
      return reply.code(status).send(body)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { config: app.hotConfig, port: app.server.address().port, close: () => app.close() }
  },

  async express() {
    const { hotConfig } = await import('@hot-config/express')
    const { default: Express } = await import('express')
    const app = Express()
    const live = hotConfig(options)
    app.use(live)
    app.get('/', async (request, response) => {
      const { status, body } = await answer(() => request.config)
      response.status(status).json(body)
    })
    await live.ready()
    const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const close = async () => {
      server.close().closeAllConnections()
      await live.close()
    }
    return { config: live.config, port: server.address().port, close }
  },

  async nest() {
    const { HotConfigModule, HotConfigService } = await import('@hot-config/nestjs')
    const { Controller, Get, Module, Req, Res } = await import('@nestjs/common')
    const { NestFactory } = await import('@nestjs/core')
    class SoakController {
      async answer(request, response) {
        const { status, body } = await answer(() => request.config)
        response.status(status)
        return body
      }
    }
    // what decorators do: this file is not compiled
    Controller()(SoakController)
    Get()(SoakController.prototype, 'answer', Object.getOwnPropertyDescriptor(SoakController.prototype, 'answer'))
    Req()(SoakController.prototype, 'answer', 0)
    Res({ passthrough: true })(SoakController.prototype, 'answer', 1)
    // oxlint-disable-next-line typescript/no-extraneous-class -- a decorator would be on it
    class AppModule {}
    Module({ imports: [HotConfigModule.forRoot(options)], controllers: [SoakController] })(AppModule)
    const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true })
    await app.listen(0, '127.0.0.1')
    const port = Number(new URL(await app.getUrl()).port)
    return { config: app.get(HotConfigService).config, port, close: () => app.close() }
  },
}

const { config, port, close } = await starts[framework]()
pool = await config.resource('pool.size', createPool, {
  dispose: (old) => void (old.isOpen = false),
  graceMs: 200,
})

const RESOLUTION_MS = 10
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delay.enable()

/** What is measured of this process. The delay of the event loop is that since the last measurement. */
async function measure() {
  const [delayMs, longestMs] = [delay.percentile(99), delay.max].map((ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS))
  // what one collection lets go of may need another
  for (let round = 0; round < 2; round++) {
    globalThis.gc()
    await turn()
  }
  const { heapUsed, rss } = process.memoryUsage()
  const handles = process.getActiveResourcesInfo().length
  const fds = readdirSync('/proc/self/fd').length
  const { changed, unchanged, rejected } = config.health().reloads
  // the collections are no delay of the app's
  await pause(3 * RESOLUTION_MS)
  delay.reset()
  return { heapUsed, rss, fds, handles, delayMs, longestMs, changed, unchanged, rejected }
}

const answers = {
  measure: async () => tell(await measure()),
  state: async () => {
    const { count, api, secret, fails = false } = config.current
    tell({ count, api, secret, fails, health: config.health() })
  },
  close: async () => {
    delay.disable()
    await close()
    process.disconnect()
  },
}

process.on('message', (question) => void answers[question]())
tell({ port })
