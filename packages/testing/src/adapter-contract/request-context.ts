import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { setImmediate, setTimeout } from 'node:timers/promises'

import { NoRequestError, requestConfig } from '@hot-config/core'

import type { AdapterGuarantee, ContractConfig } from './app-under-test.js'
import { valueOf } from './contract-config.js'
import { answersAcrossUpdate, gated } from './gated.js'
import { ask } from './http.js'

const ON = { requestContext: true }
const needs = ['requestContext'] as const

/** Code that knows nothing of a request, several kinds of waiting away from it. */
async function farAway(): Promise<ContractConfig> {
  await setTimeout(1)
  await setImmediate()
  await new Promise<void>((resolve) => process.nextTick(resolve))
  return requestConfig() as unknown as ContractConfig
}

export const requestContext: readonly AdapterGuarantee[] = [
  {
    name: 'returns the configuration of the request in code far away from it',
    needs,
    async prove(subject) {
      const answers = await answersAcrossUpdate(
        subject,
        async (request, wait) => {
          const { config } = request
          await wait()
          const far = await farAway()
          return { same: far === config, ...far }
        },
        ON,
      )
      assert.deepEqual(answers, [
        { same: true, ...valueOf('one') },
        { same: true, ...valueOf('two') },
      ])
    },
  },
  {
    name: 'pins for the request the snapshot that such code reads first',
    needs,
    async prove(subject) {
      const { handler, entered, release } = gated(subject, async (request, wait) => {
        const far = await farAway()
        await wait()
        return { same: far === request.config, ...request.config }
      })
      const app = await subject.startOnVolume(handler, ON)
      const answer = ask(app.url)
      await entered(1)
      await app.updateTo('two')
      release()
      assert.deepEqual((await answer).json(), { same: true, ...valueOf('one') })
    },
  },
  {
    name: 'works after a body was read, on a connection that served other requests before',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume(
        async (request) => ({ text: (await farAway()).text, body: request.body }),
        ON,
      )
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      try {
        for (const text of ['one', 'two', 'three']) {
          await app.updateTo(text)
          const answer = await ask(app.url, { agent, method: 'POST', body: { for: text } })
          assert.deepEqual(answer.json(), { text, body: { for: text } })
        }
      } finally {
        agent.destroy()
      }
    },
  },
  {
    name: 'ends with the request',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume(farAway, ON)
      assert.deepEqual((await ask(app.url)).json(), valueOf('one'))
      assert.throws(() => requestConfig(), NoRequestError)
    },
  },
  {
    name: 'is off by default',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume(() => farAway().catch((error: Error) => ({ name: error.name })))
      assert.deepEqual((await ask(app.url)).json(), { name: 'NoRequestError' })
    },
  },
]
