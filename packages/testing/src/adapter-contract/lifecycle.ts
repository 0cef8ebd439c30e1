import assert from 'node:assert/strict'

import { ClosedError, ConfigError, createHotConfig, OptionError, startHotConfig, values } from '@hot-config/core'

import { createConfigMapVolume } from '../config-map-volume.js'
import type { AdapterGuarantee, AppUnderTest } from './app-under-test.js'
import { CONTRACT_SCHEMA, keysOf, valueOf } from './contract-config.js'
import { gated } from './gated.js'
import { ask } from './http.js'

const SENSELESS = [
  { health: { path: 'health' } },
  { health: { paths: '/health' } },
  { health: true },
  { requestContext: 'yes' },
  { helth: false },
]

export const lifecycle: readonly AdapterGuarantee[] = [
  {
    name: 'does not start without a valid configuration: the error lists every problem',
    async prove(subject) {
      const options = { schema: CONTRACT_SCHEMA, sources: values({ text: 1, echo: 'one' }), logger: false } as const
      await assert.rejects(subject.start({ options }), (error) => {
        assert(error instanceof ConfigError)
        assert.deepEqual(new Set(error.issues.map(({ path }) => path)), new Set(['text', 'limits.rate']))
        return true
      })
    },
  },
  {
    name: 'does not start with invalid options',
    async prove(subject) {
      for (const senseless of SENSELESS) {
        const options = { sources: values({}), logger: false, ...senseless } as AppUnderTest['options']
        await assert.rejects(subject.start({ options }), OptionError, JSON.stringify(senseless))
      }
    },
  },
  {
    name: 'has its own configuration beside another app of the process',
    async prove(subject) {
      const one = await subject.startOnVolume()
      const two = await subject.startOnVolume()
      await two.updateTo('two')
      assert.deepEqual((await ask(one.url)).json(), valueOf('one'))
      assert.deepEqual((await ask(two.url)).json(), valueOf('two'))
      await one.close()
      await two.updateTo('three')
      assert.deepEqual((await ask(two.url)).json(), valueOf('three'))
    },
  },
  {
    name: 'closes the configuration that it made',
    async prove(subject) {
      const app = await subject.startOnVolume()
      await app.close()
      await assert.rejects(app.config.reload(), ClosedError)
    },
  },
  {
    name: 'leaves an existing configuration to its owner',
    async prove(subject) {
      const volume = await createConfigMapVolume()
      await volume.update(keysOf('one'))
      const config = await createHotConfig({ schema: CONTRACT_SCHEMA, sources: volume.path, logger: false })
      try {
        const app = await subject.start({ options: { config } })
        assert.equal(app.config.current, config.current)
        await app.close()
        await volume.update(keysOf('two'))
        await subject.until(() => (config.current as { text: string }).text === 'two')
      } finally {
        await config.close()
        await volume.remove()
      }
    },
  },
  {
    name: 'answers 503, never 500, while an existing configuration has no snapshot',
    async prove(subject) {
      const sources = values({ text: 1 })
      const { config, ready } = startHotConfig({ schema: CONTRACT_SCHEMA, sources, logger: false })
      const app = await subject.start({ options: { config } })
      await assert.rejects(ready, ConfigError)
      assert.equal((await ask(app.url)).status, 503)
      assert.equal((await ask(app.url, { method: 'POST', body: {} })).status, 503)
    },
  },
  {
    name: 'answers the requests in progress before it closes',
    async prove(subject) {
      const { handler, entered, release } = gated(subject, async (request, wait) => {
        const before = request.config
        await wait()
        return { same: before === request.config, ...request.config }
      })
      const app = await subject.startOnVolume(handler)
      const answers = [ask(app.url), ask(app.url, { method: 'POST', body: {} })]
      await entered(2)
      const closed = app.close()
      await subject.until(async () => (await ask(`${app.url}/closed`).catch((error: Error) => error)) instanceof Error)
      release()
      for (const answer of await Promise.all(answers)) {
        assert(answer.status < 300, `status ${answer.status}`)
        assert.deepEqual(answer.json(), { same: true, ...valueOf('one') })
      }
      await closed
    },
  },
]
