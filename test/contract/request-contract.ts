import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'

import { NoRequestError, requestConfig } from '@hot-config/core'
import { describe, expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { AdapterHarness, AppUnderTest, ContractConfig, RequestUnderTest } from './harness.ts'
import { ask } from './http.ts'
import { farAway, HEALTH, keys, serveVolume, value } from './serve.ts'
import { gated, startLoad } from './support.ts'

/** What an adapter guarantees to the code that handles a request. */
export function requestContract(harness: AdapterHarness): void {
  /** The answers to a request before an update to `two` and to one after it, which both end after both have begun. */
  const answersAroundAnUpdate = async (
    handle: (request: RequestUnderTest, wait: () => Promise<void>) => Promise<unknown>,
    options?: AppUnderTest['options'],
  ): Promise<unknown[]> => {
    const { handler, entered, release } = gated(handle)
    await using app = await serveVolume(harness, handler, options)
    const first = ask(app.url)
    await entered(1)
    await app.updateTo('two')
    const second = ask(app.url)
    await entered(2)
    release()
    return [(await first).json(), (await second).json()]
  }

  describe('requests', () => {
    it('get the validated configuration, frozen', async () => {
      const seen: ContractConfig[] = []
      await using app = await serveVolume(harness, (request) => {
        seen.push(request.config)
        return request.config
      })
      expect((await ask(app.url)).json()).toEqual(value('one'))
      expect(seen[0]).toBe(app.config.current)
      expect(Object.isFrozen(seen[0]?.limits)).toBe(true)
    })

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

    it('see one snapshot until they end, although an update is served; the next request sees the new one', async () => {
      const answers = await answersAroundAnUpdate(async (request, wait) => {
        const before = request.config
        await wait()
        const after = request.config
        return { same: before === after, ...after }
      })
      expect(answers).toEqual([
        { same: true, ...value('one') },
        { same: true, ...value('two') },
      ])
    })

    it('see the newest snapshot until they have read one', async () => {
      const { handler, entered, release } = gated(async (request, wait) => {
        await wait()
        return request.config
      })
      await using app = await serveVolume(harness, handler)
      const answer = ask(app.url)
      await entered(1)
      await app.updateTo('two')
      release()
      expect((await answer).json()).toEqual(value('two'))
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

    it('returns the configuration of the request in code far away from it', async () => {
      const answers = await answersAroundAnUpdate(async (request, wait) => {
        const { config } = request
        await wait()
        const far = await farAway()
        return { same: far === config, ...far }
      }, on)
      expect(answers).toEqual([
        { same: true, ...value('one') },
        { same: true, ...value('two') },
      ])
    })

    it('pins for the request the snapshot that such code reads first', async () => {
      const { handler, entered, release } = gated(async (request, wait) => {
        const far = await farAway()
        await wait()
        return { same: far === request.config, ...request.config }
      })
      await using app = await serveVolume(harness, handler, on)
      const answer = ask(app.url)
      await entered(1)
      await app.updateTo('two')
      release()
      expect((await answer).json()).toEqual({ same: true, ...value('one') })
    })

    it('works after a body was read, on a connection that served other requests before', async () => {
      await using app = await serveVolume(
        harness,
        async (request) => ({ text: (await farAway()).text, body: request.body }),
        on,
      )
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (const text of ['one', 'two', 'three']) {
        await app.updateTo(text)
        const answer = await ask(app.url, { agent, method: 'POST', body: { for: text } })
        expect(answer.json()).toEqual({ text, body: { for: text } })
      }
      agent.destroy()
    })

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
