import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { eventually } from '../support/eventually.ts'
import { root } from '../support/pages.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const PAGE = 'docs/recipes.md'
const [hono = '', koa = '', nextConfig = '', nextRoute = '', nextHealth = '', ...others] = examplesOf(PAGE)
const [queue = '', production = '', cluster = '', cron = ''] = others

/** What `bullmq` exports, as far as it is used: a worker whose jobs the test hands out. */
const BULLMQ = `class Worker {
  concurrency = 1
  constructor(name, process, options) {
    Object.assign(this, { name, process, options })
    globalThis.worker = this
  }
  on(event, listener) {
    this[event] = listener
  }
  async close() {
    process.send('worker closed')
  }
}`

/** What `pg` exports, as far as it is used. */
const PG = `const pg = {
  Pool: class {
    constructor({ host, password }) {
      Object.assign(this, { host, length: password.length })
    }
    async query(sql, [from, to]) {
      process.send([this.host, this.length, from, to])
    }
    async end() {
      process.send('pool ended')
    }
  },
}`

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
  await volume.update({ 'app.yaml': 'greeting: Hello' })
})

afterEach(() => volume.remove())

/** The code with the port sent to the parent, whoever listens on it. */
const onFreePort = (code: string): string => `
  import { Server } from 'node:net'
  const { listen } = Server.prototype
  Server.prototype.listen = function (...args) {
    this.once('listening', () => process.send(this.address().port))
    return listen.apply(this, args)
  }
  ${at(code).replaceAll(/\b3000\b/g, '0')}`

const at = (code: string): string => code.replaceAll('/etc/config', volume.path)

describe('the page of recipes', () => {
  it('has the examples that are tested here', () => {
    expect(examplesOf(PAGE)).toHaveLength(9)
  })

  it.each([
    ['Hono', hono],
    ['Koa', koa],
    ['node:cluster', cluster],
  ])('shows %s', async (_name, code) => {
    await runExample(onFreePort(code), async (_child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      expect((await ask(url)).text).toMatch(/^Hello/)
      await volume.update({ 'app.yaml': 'greeting: Good morning' })
      await eventually(async () => expect((await ask(url)).text).toMatch(/^Good morning/))
      expect((await ask(`${url}/config/health`)).json()).toMatchObject({ status: 'pass' })
    })
  })

  it('shows route handlers for Next.js, which load on the first request and try again', async () => {
    const folder = join(root, 'test', `.next-${process.pid}`)
    const files = {
      'lib/config.js': nextConfig,
      'app/api/greeting/route.js': nextRoute,
      'app/config/health/route.js': nextHealth,
    }
    for (const [name, code] of Object.entries({ ...files, 'package.json': '{ "type": "module" }' })) {
      if (name.endsWith('.js')) expect(code === nextHealth || code.startsWith(`// ${name}\n`)).toBe(true)
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), at(code))
    }
    const driver = `
      import * as greeting from '${folder}/app/api/greeting/route.js'
      import * as health from '${folder}/app/config/health/route.js'
      process.send([greeting.dynamic, health.dynamic])
      process.on('message', async (path) => {
        const { GET } = path === '/api/greeting' ? greeting : health
        const response = await GET(new Request('http://app.local' + path)).catch((error) => error)
        process.send(response instanceof Error ? response.name : await response.json())
      })`
    try {
      await volume.update({ 'app.yaml': 'greeting: [' })
      await runExample(driver, async (child, next) => {
        const get = async (path: string): Promise<unknown> => {
          child.send(path)
          return next()
        }
        expect(await next()).toEqual(['force-dynamic', 'force-dynamic'])
        expect(await get('/api/greeting')).toBe('FormatError')
        await volume.update({ 'app.yaml': 'greeting: Hello' })
        expect(await get('/api/greeting')).toEqual({ text: 'Hello' })
        expect(await get('/config/health')).toMatchObject({ status: 'pass' })
        await volume.update({ 'app.yaml': 'greeting: Good morning' })
        await eventually(async () => expect(await get('/api/greeting')).toEqual({ text: 'Good morning' }))
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('shows a worker of a queue, whose jobs see one snapshot each', async () => {
    const settings = (from: string, concurrency: number): Record<string, string> => ({
      'app.json': JSON.stringify({ mail: { from }, worker: { concurrency } }),
    })
    await volume.update(settings('one', 3))
    const code = at(queue).replace("import { Worker } from 'bullmq'", BULLMQ)
    const tell = `process.on('message', async (to) => process.send(await worker.process({ data: { to } })))
      config.onChange('worker.concurrency', () => process.send(worker.concurrency))
      process.send([worker.name, worker.concurrency])`
    await runExample(`${code}\n${tell}`, async (child, next) => {
      expect(await next()).toEqual(['mail', 3])
      child.send('you')
      expect(await next()).toBe('from one to you')
      await volume.update(settings('two', 5))
      expect(await next()).toBe(5)
      child.send('you')
      expect(await next()).toBe('from two to you')
      child.kill('SIGTERM')
      expect(await next()).toBe('worker closed')
    })
  })

  it('shows a cluster whose processes end with the primary', async () => {
    await runExample(onFreePort(cluster), async (child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      await eventually(async () => expect((await ask(url)).text).toBe('Hello'))
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      await expect(ask(url)).rejects.toThrow(/ECONNREFUSED/)
    })
  })

  it('shows a worker in production: jobs, pool, health, metrics, canary, guard, last good, the end', async () => {
    const settings = (from: string, host: string): Record<string, string> => ({
      'app.yaml': `mail: { from: ${from} }\ndb: { host: ${host} }`,
    })
    await volume.update(settings('one', 'a'))
    await using canary = await createConfigMapVolume(`${volume.path}-canary`)
    await canary.update({})
    await using secret = await createConfigMapVolume()
    await secret.update({ 'db.password': 'hunter22' })
    const store = `${secret.path}.json`
    const code = onFreePort(production)
      .replace("import { Worker } from 'bullmq'", BULLMQ)
      .replace("import pg from 'pg'", PG)
      .replace('/etc/secret', secret.path)
      .replace('/var/lib/mailer/last-good.json', store)
      .replace('guard: {', 'guard: { bakeMs: 60_000, intervalMs: 20,')
    const tell = `process.on('message', (to) =>
      to === 'fail' ? worker.failed() : worker.process({ data: { to } }).then(() => worker.completed()))
      process.channel.unref()`
    try {
      await runExample(`${code}\n${tell}`, async (child, next) => {
        const url = `http://127.0.0.1:${(await next()) as number}`
        const reports = (expected: object): Promise<void> =>
          eventually(async () => expect((await ask(`${url}/config/health`)).json()).toMatchObject(expected))
        const job = async (): Promise<unknown> => {
          child.send('you')
          for (;;) {
            const message = await next()
            if (message !== 'pool ended') return message
          }
        }
        expect(await job()).toEqual(['a', 8, 'one', 'you'])
        await secret.update({ 'db.password': 'hunter333' })
        await reports({ version: 2, guard: { state: 'baking' } })
        expect(await job()).toEqual(['a', 9, 'one', 'you'])
        for (let failed = 0; failed < 11; failed++) child.send('fail')
        await reports({ guard: { state: 'taken-back' } })
        expect(await job()).toEqual(['a', 8, 'one', 'you'])
        expect((await ask(`${url}/metrics`)).text).toContain('hot_config_taken_back_total 1')
        await secret.update({ 'db.password': 'hunter4444' })
        await reports({ status: 'pass', guard: { state: 'baking' } })
        await canary.update({ 'hot-config.share': '100%', ...settings('two', 'b') })
        await reports({ canary: { state: 'serving' } })
        expect(await job()).toEqual(['b', 10, 'two', 'you'])
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        expect(await ended).toEqual([0, null])
      })
      await volume.update({ 'app.yaml': 'mail: [' })
      await canary.update({})
      await runExample(`${code}\n${tell}`, async (_child, next) => {
        const report = await ask(`http://127.0.0.1:${(await next()) as number}/config/health`)
        expect(report.json()).toMatchObject({ status: 'warn', servedFrom: 'last-good' })
      })
    } finally {
      await rm(store, { force: true })
    }
  })

  it('shows a cron job whose schedule follows its configuration', async () => {
    const settings = (schedule: string, keepDays: number): Promise<void> =>
      volume.update({ 'app.json': JSON.stringify({ cleanup: { schedule, keepDays } }) })
    await settings('0 0 1 1 *', 30)
    const code = `console.log = (text) => process.send(text)
      ${at(cron)}
      config.onReject(({ issues }) => process.send(issues[0].message))
      process.send('ready')
      setInterval(() => {}, 1_000)`
    await runExample(code, async (_child, next) => {
      expect(await next()).toBe('ready')
      await settings('sometimes', 30)
      expect(await next()).toMatch(/^a resource could not be built: /)
      await settings('* * * * * *', 7)
      expect(await next()).toBe('removes what is older than 7 days')
    })
  })
})
