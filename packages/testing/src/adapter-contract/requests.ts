import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'

import type { AdapterGuarantee, ContractConfig } from './app-under-test.js'
import { keysOf, valueOf } from './contract-config.js'
import { answersAcrossUpdate, gated } from './gated.js'
import { ask } from './http.js'
import type { Answer } from './http.js'

const CLIENTS = 8
const ANSWERS = 100

export const requests: readonly AdapterGuarantee[] = [
  {
    name: 'get the validated configuration, frozen',
    async prove(subject) {
      const seen: ContractConfig[] = []
      const app = await subject.startOnVolume((request) => {
        seen.push(request.config)
        return request.config
      })
      assert.deepEqual((await ask(app.url)).json(), valueOf('one'))
      assert.equal(seen[0], app.config.current)
      assert(Object.isFrozen(seen[0]?.limits))
    },
  },
  {
    name: 'never show its values when they are printed',
    async prove(subject) {
      const text = 'a text that must not be printed'
      const seen: string[] = []
      const app = await subject.startOnVolume((request) => {
        assert.equal(request.config.text, text)
        seen.push(inspect(request, { depth: 8, maxArrayLength: null, maxStringLength: null }))
        return null
      })
      await app.updateTo(text)
      await ask(app.url)
      assert.equal(seen.length, 1)
      assert(!seen.join().includes(text), 'the printed request contains a value')
    },
  },
  {
    name: 'see one snapshot until they end, although an update is served; the next request sees the new one',
    async prove(subject) {
      const answers = await answersAcrossUpdate(subject, async (request, wait) => {
        const before = request.config
        await wait()
        const after = request.config
        return { same: before === after, ...after }
      })
      assert.deepEqual(answers, [
        { same: true, ...valueOf('one') },
        { same: true, ...valueOf('two') },
      ])
    },
  },
  {
    name: 'see the newest snapshot until they have read one',
    async prove(subject) {
      const { handler, entered, release } = gated(subject, async (request, wait) => {
        await wait()
        return request.config
      })
      const app = await subject.startOnVolume(handler)
      const answer = ask(app.url)
      await entered(1)
      await app.updateTo('two')
      release()
      assert.deepEqual((await answer).json(), valueOf('two'))
    },
  },
  {
    name: 'never fail while a bad update arrives, stays and is fixed',
    async prove(subject) {
      const app = await subject.startOnVolume(async (request) => {
        const { text } = request.config
        await setImmediate()
        return { text, echo: request.config.echo }
      })
      const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
      const answers: Answer[] = []
      const stop = new AbortController()
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!stop.signal.aborted) answers.push(await ask(app.url, { agent }))
      })
      const all = Promise.all(clients)
      all.catch(() => undefined)
      const more = async (): Promise<void> => {
        const enough = answers.length + ANSWERS
        await Promise.race([all, subject.until(() => answers.length > enough)])
      }
      try {
        await more()
        await app.update(keysOf('bad', 'many'))
        await subject.until(() => app.config.health().status === 'warn')
        await more()
        await app.updateTo('two')
        await more()
      } finally {
        stop.abort()
        await all.finally(() => agent.destroy())
      }
      const texts = answers.map((answer) => answer.json() as { text: string; echo: string })
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.deepEqual(
        texts.filter(({ text, echo }) => text !== echo),
        [],
      )
      assert.deepEqual(new Set(texts.map(({ text }) => text)), new Set(['one', 'two']))
    },
  },
]
