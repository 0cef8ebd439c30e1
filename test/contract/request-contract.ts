import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'

import { NoRequestError, requestConfig } from '@hot-config/core'
import { describe, expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { AdapterHarness } from './harness.ts'
import { ask } from './http.ts'
import { farAway, HEALTH, keys, serveVolume, value } from './serve.ts'
import { startLoad } from './support.ts'
import { proves } from '../requirements.ts'

proves('one-request')

/** What an adapter guarantees to the code that handles a request. */
export function requestContract(harness: AdapterHarness): void {
  describe('requests', () => {
    it('never show its values when they are printed, nor does the configuration itself', async () => {
      const text = 'a text that must not be printed'
      const seen: string[] = []
      await using app = await serveVolume(harness, (request) => {
        expect(request.config.text).toBe(text)
        seen.push(inspect(request, { depth: 8, maxArrayLength: null, maxStringLength: null }))
        return null
      })
      await app.updateTo(text)
      await ask(app.url)
      expect(seen).toHaveLength(1)
      expect(seen.join()).not.toContain(text)
      expect(inspect(app.config, { depth: 8 })).not.toContain(text)
    })

    it('never fail while a bad update arrives, stays and is fixed', async () => {
      await using app = await serveVolume(harness, async ({ config }) => {
        const { text } = config
        await setImmediate()
        return { text, echo: config.echo }
      })
      const load = startLoad(app.url, 8)
      const status = async (): Promise<unknown> => ((await ask(app.url + HEALTH)).json() as { status: string }).status
      await load.more()
      await app.update(keys('bad', 'many'))
      await eventually(async () => expect(await status()).toBe('warn'))
      await load.more()
      await app.update({ ...keys('bad'), 'more.json': '{ "echo": ' })
      await eventually(() => expect(app.config.health().reloads.rejected).toBe(2))
      await load.more()
      await app.updateTo('two')
      expect(await status()).toBe('pass')
      await load.more()
      const answers = await load.end()
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      const texts = answers.map((answer) => answer.json() as { text: string; echo: string })
      expect(texts.filter(({ text, echo }) => text !== echo)).toEqual([])
      expect(new Set(texts.map(({ text }) => text))).toEqual(new Set(['one', 'two']))
    })
  })

  describe('the request context', () => {
    const on = { requestContext: true }

    it('ends with the request', async () => {
      await using app = await serveVolume(harness, farAway, on)
      expect((await ask(app.url)).json()).toEqual(value('one'))
      expect(() => requestConfig()).toThrow(NoRequestError)
      expect(() => requestConfig()).toThrow(/outside a request/)
    })

    it('costs nothing when it is off', async () => {
      const run = vi.spyOn(AsyncLocalStorage.prototype, 'run')
      await using app = await serveVolume(harness, async () => farAway().catch((error: Error) => error.name))
      expect((await ask(app.url)).text).toContain('NoRequestError')
      const requests = run.mock.calls.filter(([store]) => typeof store === 'object' && store && 'config' in store)
      expect(requests).toEqual([])
      run.mockRestore()
    })
  })
}
