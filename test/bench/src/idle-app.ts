// idle-app.js KIND VOLUME: starts a server of one kind and leaves it alone; answers any message with the CPU time taken.
import { watchFile } from 'node:fs'
import { join } from 'node:path'

import Fastify from 'fastify'

export type Kind = 'bare' | 'timer' | 'hot-config' | 'polling'

/** As often as hot-config looks whether it missed something. */
const LOOK_MS = 5_000

const [kind, volume] = process.argv.slice(2) as [Kind, string]
const app = Fastify()
if (kind === 'hot-config') {
  const { hotConfig } = await import('@hot-config/fastify')
  await app.register(hotConfig, { sources: volume, logger: false })
}
if (kind === 'timer') setInterval(() => undefined, LOOK_MS).unref()
if (kind === 'polling') watchFile(join(volume, '..data', 'app.json'), { interval: 100 }, () => undefined)
app.get('/', async () => ({ ok: true }))
await app.listen({ port: 0, host: '127.0.0.1' })

process.on('message', () => process.send?.(process.cpuUsage()))
process.once('disconnect', () => process.exit())
process.send?.('ready')
