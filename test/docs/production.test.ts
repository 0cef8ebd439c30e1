import { runInNewContext } from 'node:vm'

import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { listen } from '../support/listen.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const [hook = '', pool = '', agent = '', held = '', exit = '', delayed = '', pinned = '', origin = '', history = ''] =
  examplesOf('docs/production.md')

/** Has the parent told of every change and rejection. */
const REPORT = `
config.onChange(({ next }) => process.send({ taken: next.value }))
config.onReject(({ message }) => process.send({ refused: message }))
setInterval(() => {}, 1_000)
`

/** What \`pg\` exports, as far as it is used: pools that connect to hosts by name. */
const PG = `const pg = {
  Pool: class {
    constructor({ host, max }) { Object.assign(this, { host, max, ended: false }) }
    async query(text) {
      if (this.ended) throw new Error('Cannot use a pool after calling end on the pool')
      if (this.host === 'nowhere') throw new Error('getaddrinfo ENOTFOUND nowhere')
      return { rows: [{ name: text + ' on ' + this.host }] }
    }
    async end() {
      this.ended = true
      process.send({ ended: this.host })
    }
  }
}`

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
})

afterEach(() => volume.remove())

const at = (code: string): string => code.replaceAll('/etc/config', volume.path)
const update = (content: unknown): Promise<void> => volume.update({ 'app.json': JSON.stringify(content) })

describe('the page on production', () => {
  it('has the examples that are tested here', () => {
    expect(examplesOf('docs/production.md')).toHaveLength(9)
  })

  it('shows a hook that vetoes an upstream that does not answer', async () => {
    await using server = await listen((request, response) => {
      response.writeHead(request.url === '/good' ? 200 : 503).end()
    })
    const { url } = server
    await update({ upstream: { url } })
    await runExample(`${at(hook)}${REPORT}process.send('ready')`, async (_child, next) => {
      expect(await next()).toBe('ready')
      await update({ upstream: { url: `${url}/bad` } })
      expect(await next()).toEqual({ refused: 'vetoed before the change: the new upstream answers 503' })
      await update({ upstream: { url: `${url}/good` } })
      expect(await next()).toEqual({ taken: { upstream: { url: `${url}/good` } } })
    })
  })

  it('shows a pool that follows its configuration', async () => {
    await update({ db: { host: 'a', max: 1, password: 'secret' } })
    const code = at(pool)
      .replace("import pg from 'pg'", PG)
      .replace('30_000', '0')
      .replace('SELECT name', 'SELECT NAME')
    const ask = `config.onChange(async () => process.send((await db.current.query('SELECT 2')).rows))`
    await runExample(`${code}\n${ask}${REPORT}process.send(answer.rows)`, async (_child, next) => {
      expect(await next()).toEqual([{ name: 'SELECT NAME FROM things on a' }])
      await update({ db: { host: 'nowhere', max: 1, password: 'secret' } })
      expect(await next()).toEqual({ ended: 'nowhere' })
      expect(await next()).toEqual({
        refused: 'db: a resource could not be built: getaddrinfo ENOTFOUND nowhere',
      })
      await update({ db: { host: 'b', max: 1, password: 'secret' } })
      const told = [await next(), await next(), await next()]
      expect(told).toContainEqual({ ended: 'a' })
      expect(told).toContainEqual([{ name: 'SELECT 2 on b' }])
      expect(told).toContainEqual({ taken: { db: { host: 'b', max: 1, password: 'secret' } } })
    })
  })

  it('shows an agent that follows its configuration', async () => {
    await using server = await listen((_request, response) => response.end('ok'))
    const { url } = server
    await update({ upstream: { url, connections: 1 } })
    const code = at(agent).replace('response.resume()', 'response.resume().on("end", () => process.send("answered"))')
    const tell = `config.onChange(() => process.send(agent.current.maxSockets))\nsetInterval(() => {}, 1_000)`
    await runExample(`${code}\n${tell}`, async (_child, next) => {
      expect(await next()).toBe('answered')
      await update({ upstream: { url, connections: 5 } })
      expect(await next()).toBe(5)
    })
  })

  it('shows a port that waits for a restart', async () => {
    await update({ server: { port: 1 }, log: 'info' })
    const tell = `config.onChange(({ next }) => process.send([next.value, config.health().pendingRestart]))`
    await runExample(`${at(held)}\n${tell}${REPORT}process.send('ready')`, async (_child, next) => {
      expect(await next()).toBe('ready')
      await update({ server: { port: 2 }, log: 'debug' })
      expect(await next()).toEqual([{ server: { port: 1 }, log: 'debug' }, ['server.port']])
    })
  })

  it('shows a service that ends by itself, gracefully', async () => {
    await update({ server: { port: 0 } })
    const code = at(exit).replace('10 * 60_000', '100')
    // the channel to the parent keeps a process alive that has nothing else to do
    const tell = `server.on('listening', () => { process.send(server.address().port); process.channel.unref() })`
    await runExample(`${code}\n${tell}`, async (child, next) => {
      const url = `http://127.0.0.1:${(await next()) as number}`
      const response = await fetch(url, { headers: { connection: 'close' } })
      expect(await response.text()).toBe('hello')
      const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
      await update({ server: { port: 1 } })
      expect(await ended).toEqual([0, null])
    })
  })

  it('shows an update that waits', async () => {
    await update({ n: 1 })
    await runExample(`${at(delayed).replace('30_000', '100')}${REPORT}process.send('ready')`, async (_child, next) => {
      expect(await next()).toBe('ready')
      await update({ n: 2 })
      expect(await next()).toEqual({ taken: { n: 2 } })
    })
  })

  it('shows what the environment pins', async () => {
    await update({ port: 9090 })
    const tell = `process.send([config.current.port, config.health().pinnedByEnvironment])`
    await runExample(`process.env.PORT = '7070'\n${at(pinned)}\n${tell}${REPORT}`, async (_child, next) => {
      expect(await next()).toEqual([7070, ['port']])
    })
  })

  it('shows where a value comes from', async () => {
    await volume.update({ 'app.yaml': 'pool:\n  max: 10' })
    const tell = `process.env.APP_POOL__MAX = '20'\nconsole.log = (value) => process.send(value)`
    await runExample(`${tell}\n${at(origin)}\nsetInterval(() => {}, 1_000)`, async (_child, next) => {
      const [, shown = ''] = /console\.log.*\n((?:\/\/ .*\n)+)/.exec(at(origin)) ?? []
      expect(await next()).toEqual(runInNewContext(`(${shown.replaceAll(/^\/\/ /gm, '')})`))
    })
  })

  it('shows what happened', async () => {
    await update({ db: { password: 'first-secret' }, n: 1 })
    const [setUp = '', loop = ''] = at(history).split(/(?=^for)/m)
    const tell = `console.log = (...args) => process.send(args)\nconfig.onChange(() => {\n${loop}})`
    await runExample(`${setUp}\n${tell}${REPORT}process.send('ready')`, async (_child, next) => {
      expect(await next()).toBe('ready')
      await update({ db: { password: 'second-secret' }, n: 2 })
      expect(await next()).toMatchObject([
        expect.any(String),
        2,
        [
          { path: 'db.password', before: '[redacted]', after: '[redacted]' },
          { path: 'n', before: 1, after: 2 },
        ],
        { read: expect.any(Number), validate: expect.any(Number), prepare: 0 },
      ])
    })
  })
})
