import { request } from 'node:http'
import type { Socket } from 'node:net'

import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { eventually } from '../support/eventually.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

const PAGE = 'docs/requests.md'
const [interval = '', listener = '', socket = ''] = examplesOf(PAGE)

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
  await volume.update({ 'app.yaml': 'greeting: Hello' })
})

afterEach(() => volume.remove())

const update = (greeting: string): Promise<void> => volume.update({ 'app.yaml': `greeting: ${greeting}` })

/** The events of a stream so far. */
async function eventsOf(url: string): Promise<{ text(): string; close(): void }> {
  let text = ''
  const asking = request(url, (response) => {
    response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    response.on('error', () => undefined)
  })
  asking.on('error', () => undefined).end()
  return { text: () => text, close: () => void asking.destroy() }
}

describe('the page on requests', () => {
  it('has the examples that are tested here', () => {
    expect(examplesOf(PAGE)).toHaveLength(3)
  })

  it.each([
    ['reads the newest snapshot for each event', interval.replace('1_000', '10'), 'app.server', '/events'],
    ['follows its configuration', listener, 'server', '/'],
  ])('shows an event stream that %s', async (_what, code, server, path) => {
    const free = code.replace('/etc/config', volume.path).replace('3000', '0')
    const tell = `const told = () => process.send(${server}.address().port)
      ${server}.listening ? told() : ${server}.once('listening', told)`
    await runExample(`${free}\n${tell}`, async (_child, next) => {
      const events = await eventsOf(`http://127.0.0.1:${(await next()) as number}${path}`)
      await eventually(() => expect(events.text()).toMatch(/^data: Hello\n\n/))
      await update('Good morning')
      await eventually(() => expect(events.text()).toMatch(/data: Good morning\n\n$/))
      events.close()
    })
  })

  it('shows a WebSocket whose messages see the newest snapshot each', async () => {
    const free = socket.replace('/etc/config', volume.path).replace('3000', '0')
    const tell = `server.once('listening', () => process.send(server.address().port))
      config.onChange(() => process.send('changed'))`
    await runExample(`${free}\n${tell}`, async (_child, next) => {
      const client = new WebSocket(`ws://127.0.0.1:${(await next()) as number}`)
      const answers: string[] = []
      client.on('message', (data: Buffer) => answers.push(data.toString()))
      await new Promise((resolve) => client.once('open', resolve))
      client.send('you')
      await eventually(() => expect(answers).toEqual(['Hello, you']))
      await update('Good morning')
      expect(await next()).toBe('changed')
      client.send('you')
      await eventually(() => expect(answers).toEqual(['Hello, you', 'Good morning, you']))
      client.close()

      const broken = new WebSocket(client.url)
      await new Promise((resolve) => broken.once('open', resolve))
      ;(broken as unknown as { _socket: Socket })._socket.write(Buffer.from([0xff, 0xff, 0, 0]))
      await new Promise((resolve) => broken.once('close', resolve))
      const another = new WebSocket(client.url)
      await new Promise((resolve, reject) => another.once('open', resolve).once('error', reject))
      another.close()
    })
  })
})
