import { hotConfig } from '@hot-config/fastify'
import type { HotConfigPluginOptions } from '@hot-config/fastify'
import Fastify from 'fastify'
import { Registry } from 'prom-client'

import { ask } from '../contract/http.ts'

type Scrape = () => Promise<{ readonly text: string; readonly samples: Record<string, number> }>

/** A Fastify app on a port of its own that follows a configuration and exposes a registry. */
export async function serve(options: HotConfigPluginOptions, register: Registry = new Registry()) {
  const app = Fastify()
  await app.register(hotConfig, { logger: false, ...options })
  app.get('/metrics', async (_request, reply) => reply.type(register.contentType).send(await register.metrics()))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const scrape: Scrape = async () => {
    const { status, text } = await ask(`${url}/metrics`)
    if (status !== 200) throw new Error(`the scrape was answered with ${status}: ${text}`)
    return { text, samples: samplesOf(text) }
  }
  return { config: app.hotConfig, register, scrape, [Symbol.asyncDispose]: () => app.close() }
}

/** The samples of an exposition: the value by name and labels, as they are written there. */
export function samplesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line): [string, number] => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

export const samplesIn = async (register: Registry): Promise<Record<string, number>> =>
  samplesOf(await register.metrics())

/** The samples of one metric, by name and labels. */
export const named = (samples: Record<string, number>, name: string): string[] =>
  Object.keys(samples).filter((sample) => sample.split('{')[0] === name)
