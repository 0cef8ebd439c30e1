import { setTimeout as delay } from 'node:timers/promises'

import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'

import { schema } from './schema.mjs'

const app = Fastify({ logger: true })

// reads $HOT_CONFIG_PATH, else /etc/config
await app.register(hotConfig, { schema })

app.hotConfig.onChange('log.level', (level) => (app.log.level = level), { immediate: true })

app.get('/hello/:name', async (request, reply) => {
  const { greeting, limits } = request.config
  if (request.params.name.length > limits.maxNameLength) return reply.code(400).send({ error: 'That is a long name' })
  // an update may be applied during this wait; the request still sees the configuration that it began with
  await delay(2)
  const text = `${greeting.text}, ${request.params.name}!`
  return {
    text: greeting.shout ? text.toUpperCase() : text,
    release: request.config.release,
    limitsRelease: request.config.limits.release,
  }
})

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void app.close())

await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' })
