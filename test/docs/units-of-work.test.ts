import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const [job = '', tick = '', message = ''] = examplesOf('docs/units-of-work.md')

/** A queue that gives a job whenever the test asks for one. */
const BULLMQ = `const Worker = class {
  constructor(name, process_) {
    process.on('message', async (image) => process.send(await process_({ data: { image } })))
  }
}`

/** A schedule whose time comes whenever the test says so. */
const CRON = `const cron = { schedule: (when, work) => process.on('message', work) }
console.log = (text) => process.send(text)`

/** A server with one connection. */
const WS = `const WebSocketServer = class {
  on(event, connected) {
    const on = (event, heard) => event === 'message' && process.on('message', heard)
    connected({ on, send: (text) => process.send(text) })
  }
}`

describe('the page on units of work', () => {
  it.each([
    {
      what: 'a job of a queue',
      code: job.replace("import { Worker } from 'bullmq'", BULLMQ),
      first: { thumbnails: { width: 10, quality: 20 }, redis: { host: 'a' } },
      second: { thumbnails: { width: 30, quality: 40 }, redis: { host: 'a' } },
      asked: 'cat',
      told: ['cat at 10 pixels and 20 %', 'cat at 30 pixels and 40 %'],
    },
    {
      what: 'a cron tick',
      code: tick.replace("import cron from 'node-cron'", CRON),
      first: { cleanUp: { keepDays: 30, batchSize: 100 } },
      second: { cleanUp: { keepDays: 60, batchSize: 10 } },
      asked: 'now',
      told: ['orders of more than 30 days, 100 at a time', 'orders of more than 60 days, 10 at a time'],
    },
    {
      what: 'a message of a socket',
      code: message.replace("import { WebSocketServer } from 'ws'", WS),
      first: { chat: { prefix: '<', suffix: '>' } },
      second: { chat: { prefix: '[', suffix: ']' } },
      asked: 'hello',
      told: ['<hello>', '[hello]'],
    },
  ])('shows $what that reads the newest configuration', async ({ code, first, second, asked, told }) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.json': JSON.stringify(first) })
    const tell = `process.send('ready')`
    await runExample(`${code.replace('/etc/config', volume.path)}\n${tell}`, async (child, next) => {
      expect(await next()).toBe('ready')
      child.send(asked)
      expect(await next()).toBe(told[0])
      await volume.update({ 'app.json': JSON.stringify(second) })
      await eventually(async () => {
        child.send(asked)
        expect(await next()).toBe(told[1])
      })
    })
  })
})
