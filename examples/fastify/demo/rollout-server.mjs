// One of the services of the rollout: a canary, a guard and the last good configuration.
import { volume, withCanary } from '@hot-config/core'
import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'

const { STABLE_PATH, CANARY_PATH, LAST_GOOD } = process.env
const app = Fastify()

await app.register(hotConfig, {
  schema: {
    greeting: { doc: 'The greeting', format: String, default: 'Hello' },
    divisor: { doc: 'What the answer is divided by', format: 'nat', default: 1 },
  },
  sources: withCanary(volume(STABLE_PATH), volume(CANARY_PATH)),
  guard: { bakeMs: 2_500, intervalMs: 100, maxErrorRate: 0.05, minRequests: 10 },
  lastGood: LAST_GOOD,
  logger: false,
})

app.get('/hello', async (request, reply) => {
  const { greeting, divisor } = request.config
  // passes the schema, and breaks requests
  if (divisor === 0) return reply.code(500).send({ error: 'division by zero' })
  return { greeting, answer: 84 / divisor }
})

console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
