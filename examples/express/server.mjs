import { hotConfig } from '@hot-config/express'
import express from 'express'

import { schema } from './schema.mjs'
import { quote } from './shipping.mjs'

const app = express()

// reads $HOT_CONFIG_PATH, else /etc/config
const live = hotConfig({ schema, requestContext: true })
app.use(live)

app.use((req, res, next) => {
  if (req.config.maintenance) res.status(503).json({ error: 'Back soon' })
  else next()
})

app.get('/quote', (req, res) => {
  const kilos = Number(req.query.kilos)
  if (!(kilos > 0)) return res.status(400).json({ error: 'Expected ?kilos=, more than 0' })
  const price = quote(kilos)
  if (!price) return res.status(400).json({ error: `Expected at most ${req.config.shipping.maxKilos} kg` })
  return res.json(price)
})

// with an invalid configuration, the process ends here and prints every problem
await live.ready()

live.config.onChange(({ paths }) => console.log(`changed: ${paths.join(', ')}`))

const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`listening on http://${server.address().address}:${server.address().port}`)
})

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close(() => live.close()))
