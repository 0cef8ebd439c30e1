// server-app.js KIND VOLUME: serves one kind of app, says its port, and answers any message with the CPU time it has taken.
import type { Start } from './server-settings.ts'

/** A framework, and a way to have configuration in it. */
const kinds: Readonly<Record<string, () => Promise<Readonly<Record<string, Start>>>>> = {
  fastify: async () => (await import('./server-fastify.ts')).fastify,
  express: async () => (await import('./server-express.ts')).express,
  nest: async () => (await import('./server-nest.ts')).nest,
}

const [framework = '', way = '', volume = ''] = process.argv.slice(2)
const start = (await kinds[framework]?.())?.[way]
if (!start) throw new Error(`there is no ${framework} ${way}`)
const port = await start(volume)
process.on('message', () => process.send?.(process.cpuUsage()))
process.once('disconnect', () => process.exit())
process.send?.(port)
