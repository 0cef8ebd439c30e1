import { hotConfig } from '@hot-config/fastify'
import { HotConfigProvider } from '@hot-config/openfeature'
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk'
import Fastify from 'fastify'

import { stepsFor } from './checkout.mjs'
import { schema } from './schema.mjs'

const app = Fastify({ logger: true, forceCloseConnections: true })

// reads $HOT_CONFIG_PATH, else /etc/config; with requestContext, a request sees one set of flags
await app.register(hotConfig, { schema, requestContext: true })
await OpenFeature.setProviderAndWait(new HotConfigProvider(app.hotConfig))

OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, ({ flagsChanged }) => {
  app.log.info(`flags changed: ${flagsChanged.join(', ')}`)
})

app.get('/checkout', async (request) => {
  const { user = 'nobody', email = '' } = request.query
  return { greeting: request.config.greeting, ...(await stepsFor({ name: user, email })) }
})

app.addHook('onClose', () => OpenFeature.close())
await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' })

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void app.close())
