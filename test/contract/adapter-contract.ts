import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent } from 'node:http'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'

import {
  ClosedError,
  createHotConfig,
  NoRequestError,
  OptionError,
  requestConfig,
  startHotConfig,
  values,
} from '@hot-config/core'
import type { HealthOptions, HealthRequest } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { loadError } from '../support/load-error.ts'
import type { AdapterHarness, AppUnderTest, ContractConfig, Handler, RunningApp } from './harness.ts'
import { healthPageContract } from './health-page-contract.ts'
import { ask } from './http.ts'
import { gated, nothingBut, openNow, SENSELESS, startLoad } from './support.ts'

const HEALTH = '/config/health'

const schema = z.object({
  text: z.string(),
  echo: z.string(),
  limits: z.object({ rate: z.coerce.number().positive() }),
})

/** The keys of a ConfigMap, spread over files so that a torn reading shows. */
function keys(text: string, rate: string | number = 10): Record<string, string> {
  return { 'app.yaml': `text: ${text}`, 'more.json': JSON.stringify({ echo: text }), 'limits.rate': `${rate}\n` }
}

function value(text: string): ContractConfig {
  return { text, echo: text, limits: { rate: 10 } }
}

/** What every adapter guarantees, whatever the framework. */
export function adapterContract(harness: AdapterHarness): void {
  const { name, start } = harness
  const serve = async (app: Partial<AppUnderTest> & Pick<AppUnderTest, 'options'>): Promise<Served> => {
    const { url, config, close } = await start({ handler: (request) => request.config, ...app })
    let closed: Promise<void> | undefined
    const closeOnce = (): Promise<void> => (closed ??= close())
    return { url, config, close: closeOnce, [Symbol.asyncDispose]: closeOnce }
  }
  const serveVolume = async (handler?: Handler, more: AppUnderTest['options'] = {}): Promise<ServedVolume> => {
    const volume = await createConfigMapVolume()
    await volume.update(keys('one'))
    const options = { schema, sources: volume.path, logger: false, ...more } as const
    const app = await serve(handler ? { options, handler } : { options })
    return {
      ...app,
      update: (files) => volume.update(files),
      async updateTo(text) {
        await volume.update(keys(text))
        await eventually(() => expect(app.config.current.text).toBe(text))
      },
      async [Symbol.asyncDispose]() {
        await app.close()
        await volume.remove()
      },
    }
  }

  describe(`an adapter: ${name}`, () => {
    describe('requests', () => {
      it('get the validated configuration, frozen', async () => {
        const seen: ContractConfig[] = []
        await using app = await serveVolume((request) => {
          seen.push(request.config)
          return request.config
        })
        expect((await ask(app.url)).json()).toEqual(value('one'))
        expect(seen[0]).toBe(app.config.current)
        expect(Object.isFrozen(seen[0]?.limits)).toBe(true)
      })

      it('show nothing of it where they are printed, nor does the configuration itself', async () => {
        const text = 'a text that must not be printed'
        const seen: string[] = []
        await using app = await serveVolume((request) => {
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

      it('see one snapshot until they end, although an update lands; the next one sees the new', async () => {
        const { handler, entered, release } = gated(async (request, wait) => {
          const before = request.config
          await wait()
          const after = request.config
          return { same: before === after, ...after }
        })
        await using app = await serveVolume(handler)
        const first = ask(app.url)
        await entered(1)
        await app.updateTo('two')
        const second = ask(app.url)
        await entered(2)
        release()
        expect((await first).json()).toEqual({ same: true, ...value('one') })
        expect((await second).json()).toEqual({ same: true, ...value('two') })
      })

      it('see the newest snapshot as long as they have read none', async () => {
        const { handler, entered, release } = gated(async (request, wait) => {
          await wait()
          return request.config
        })
        await using app = await serveVolume(handler)
        const answer = ask(app.url)
        await entered(1)
        await app.updateTo('two')
        release()
        expect((await answer).json()).toEqual(value('two'))
      })

      it('never fail while a bad update comes, stays and is mended', async () => {
        await using app = await serveVolume(async ({ config }) => {
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

    describe('the health report', () => {
      const type = 'application/health+json; charset=utf-8'

      it('passes', async () => {
        await using app = await serveVolume()
        const answer = await ask(`${app.url}${HEALTH}?from=probe`)
        expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' } })
        expect(answer.json()).toEqual(reportOf(app))
        expect(answer.json()).toMatchObject({ status: 'pass', version: 1, lastRejection: null })
      })

      it('warns after a bad update, with what is wrong, and passes when it is mended', async () => {
        await using app = await serveVolume()
        await app.update(keys('two', 'many'))
        await eventually(() => expect(app.config.health().status).toBe('warn'))
        const warning = await ask(app.url + HEALTH)
        expect(warning).toMatchObject({ status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' } })
        expect(warning.json()).toEqual(reportOf(app))
        expect(warning.json()).toMatchObject({
          status: 'warn',
          version: 1,
          lastRejection: { issues: [{ path: 'limits.rate' }] },
        })
        await app.updateTo('two')
        expect((await ask(app.url + HEALTH)).json()).toMatchObject({ status: 'pass', version: 2, lastRejection: null })
      })

      it('is nothing but its status for those whom `details` says no to', async () => {
        const details = ({ headers }: HealthRequest): boolean => headers['authorization'] === 'Bearer monitor'
        await using app = await serveVolume(undefined, { health: { page: true, details } })
        await app.update(keys('two', 'many'))
        await eventually(() => expect(app.config.health().status).toBe('warn'))
        const get = (headers: Record<string, string>): ReturnType<typeof ask> => ask(app.url + HEALTH, { headers })
        for (const headers of [{}, { authorization: 'Bearer other' }, { accept: 'text/html' }]) {
          const answer = await get(headers)
          expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' } })
          expect(answer.json()).toEqual({ status: 'warn' })
        }
        expect((await get({ authorization: 'Bearer monitor' })).json()).toEqual(reportOf(app))
        const page = await get({ authorization: 'Bearer monitor', accept: 'text/html' })
        expect(page.text).toContain('Needs attention')
      })

      it.each<[string, HealthOptions['details'], boolean]>([
        ['true', true, true],
        ['false', false, false],
        ['a promise of true', async () => true, true],
        ['a promise of false', async () => false, false],
        ['something that is not true', () => 1 as unknown as boolean, false],
        [
          'a function that throws',
          () => {
            throw new Error('no such user')
          },
          false,
        ],
      ])('is whole or its status alone by %s', async (_what, details, isWhole) => {
        await using app = await serveVolume(undefined, { health: { details } })
        const answer = await ask(app.url + HEALTH)
        expect(answer.status).toBe(200)
        expect(answer.json()).toEqual(isWhole ? reportOf(app) : { status: 'pass' })
      })

      it('fails with its status alone, before there is a snapshot', async () => {
        const source = drivenSource(value('one'))
        source.hang()
        const { config } = startHotConfig({ schema, sources: source, logger: false })
        await using app = await serve({ options: { config, health: { details: false } } })
        const failure = await ask(app.url + HEALTH)
        expect(failure.status).toBe(503)
        expect(failure.json()).toEqual({ status: 'fail' })
        await config.close()
      })

      it('fails while there is no valid snapshot', async () => {
        const source = drivenSource(value('one'))
        source.hang()
        const { config, ready } = startHotConfig({ schema, sources: source, logger: false })
        await using app = await serve({ options: { config } })
        const failure = await ask(app.url + HEALTH)
        expect(failure).toMatchObject({ status: 503, headers: { 'content-type': type, 'cache-control': 'no-store' } })
        expect(failure.json()).toEqual(reportOf(app))
        expect(failure.json()).toMatchObject({ status: 'fail', version: 0, digest: null, loadedAt: null })
        source.set(value('one'))
        await ready
        expect(await ask(app.url + HEALTH)).toMatchObject({ status: 200 })
        await config.close()
      })

      it('answers HEAD with the same head alone', async () => {
        await using app = await serveVolume()
        const head = await ask(app.url + HEALTH, { method: 'HEAD' })
        const { headers } = await ask(app.url + HEALTH)
        expect(head).toMatchObject({ status: 200, text: '' })
        expect({ ...head.headers, date: '' }).toEqual({ ...headers, date: '' })
      })

      it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('leaves %s to the app', async (method) => {
        await using app = await serveVolume()
        const answer = await ask(app.url + HEALTH, { method })
        expect(answer.status).toBe(404)
        expect(answer.headers['content-type']).not.toBe(type)
      })

      it('can be moved', async () => {
        await using app = await serveVolume(undefined, { health: { path: '/internal/config' } })
        expect((await ask(`${app.url}/internal/config`)).json()).toEqual(reportOf(app))
        expect((await ask(app.url + HEALTH)).status).toBe(404)
      })

      it('can be switched off', async () => {
        await using app = await serveVolume(undefined, { health: false })
        expect((await ask(app.url + HEALTH)).status).toBe(404)
        expect((await ask(app.url)).json()).toEqual(value('one'))
      })
    })

    describe('the request context', () => {
      const on = { requestContext: true }

      it('gives code far from the request the configuration of that request', async () => {
        const { handler, entered, release } = gated(async (request, wait) => {
          const { config } = request
          await wait()
          const far = await farAway()
          return { same: far === config, ...far }
        })
        await using app = await serveVolume(handler, on)
        const first = ask(app.url)
        await entered(1)
        await app.updateTo('two')
        const second = ask(app.url)
        await entered(2)
        release()
        expect((await first).json()).toEqual({ same: true, ...value('one') })
        expect((await second).json()).toEqual({ same: true, ...value('two') })
      })

      it('pins for the request what that code reads first', async () => {
        const { handler, entered, release } = gated(async (request, wait) => {
          const far = await farAway()
          await wait()
          return { same: far === request.config, ...request.config }
        })
        await using app = await serveVolume(handler, on)
        const answer = ask(app.url)
        await entered(1)
        await app.updateTo('two')
        release()
        expect((await answer).json()).toEqual({ same: true, ...value('one') })
      })

      it('holds after a body was read, on a connection that served others before', async () => {
        await using app = await serveVolume(
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
        await using app = await serveVolume(farAway, on)
        expect((await ask(app.url)).json()).toEqual(value('one'))
        expect(() => requestConfig()).toThrow(NoRequestError)
        expect(() => requestConfig()).toThrow(/outside a request/)
      })

      it('takes nothing when it is off', async () => {
        const run = vi.spyOn(AsyncLocalStorage.prototype, 'run')
        await using app = await serveVolume(async () => farAway().catch((error: Error) => error.name))
        expect((await ask(app.url)).text).toContain('NoRequestError')
        const requests = run.mock.calls.filter(([store]) => typeof store === 'object' && store && 'config' in store)
        expect(requests).toEqual([])
        run.mockRestore()
      })
    })

    describe('an app', () => {
      it('does not start without a valid configuration: the error lists every problem', async () => {
        await using volume = await createConfigMapVolume()
        await volume.update({ ...keys('one', 'many'), 'app.yaml': 'text: [1]' })
        const before = openNow()
        const { issues } = await loadError(serve({ options: { schema, sources: volume.path, logger: false } }))
        expect(new Set(issues.map(({ path }) => path))).toEqual(new Set(['limits.rate', 'text']))
        await nothingBut(before)
      })

      it.each(SENSELESS)('does not start with options that make no sense: %j', async (senseless) => {
        const options = { sources: values({}), logger: false, ...senseless } as AppUnderTest['options']
        await expect(serve({ options })).rejects.toThrow(OptionError)
      })

      it('has its own configuration beside another app of the process', async () => {
        await using one = await serveVolume(undefined, { requestContext: true })
        await using two = await serveVolume(async () => farAway(), { requestContext: true, health: { path: '/two' } })
        await two.updateTo('two')
        expect((await ask(one.url)).json()).toEqual(value('one'))
        expect((await ask(two.url)).json()).toEqual(value('two'))
        expect((await ask(one.url + HEALTH)).json()).toEqual(reportOf(one))
        expect((await ask(`${two.url}/two`)).json()).toEqual(reportOf(two))
        await one.close()
        await two.updateTo('three')
        expect((await ask(two.url)).json()).toEqual(value('three'))
      })

      it('closes the configuration that it made', async () => {
        await using app = await serveVolume()
        await app.close()
        await expect(app.config.reload()).rejects.toThrow(ClosedError)
      })

      it('leaves a configuration that it was given to its owner', async () => {
        await using volume = await createConfigMapVolume()
        await volume.update(keys('one'))
        await using config = await createHotConfig({ schema, sources: volume.path, logger: false })
        await using app = await serve({ options: { config } })
        expect(app.config.current).toBe(config.current)
        expect((await ask(app.url)).json()).toEqual(value('one'))
        await app.close()
        await volume.update(keys('two'))
        await eventually(() => expect(config.current.text).toBe('two'))
      })

      it('answers what is in flight before it closes', async () => {
        const { handler, entered, release } = gated(async (request, wait) => {
          const before = request.config
          await wait()
          return { same: before === request.config, ...request.config }
        })
        await using app = await serveVolume(handler)
        const answers = [ask(app.url), ask(app.url, { method: 'POST', body: {} })]
        await entered(2)
        const closed = app.close()
        await eventually(() => expect(ask(app.url + HEALTH)).rejects.toThrow(/ECONNREFUSED/))
        release()
        for (const answer of await Promise.all(answers)) {
          expect(answer.status).toBeLessThan(300)
          expect(answer.json()).toEqual({ same: true, ...value('one') })
        }
        await closed
        expect(app.config.current).toEqual(value('one'))
      })

      it('leaves nothing open', async () => {
        await using volume = await createConfigMapVolume()
        await volume.update(keys('one'))
        const before = openNow()
        const app = await serve({
          options: { schema, sources: volume.path, logger: false, requestContext: true },
          handler: farAway,
        })
        await volume.update(keys('two'))
        await eventually(async () => expect((await ask(app.url)).json()).toEqual(value('two')))
        await ask(app.url + HEALTH)
        expect(openNow()).toEqual(expect.arrayContaining(['TCPServerWrap', 'inotify watch']))
        await app.close()
        await nothingBut(before)
      })
    })

    healthPageContract(harness)
  })
}

interface Served extends RunningApp, AsyncDisposable {}

interface ServedVolume extends Served {
  update(files: Readonly<Record<string, string>>): Promise<void>
  /** Publishes a good update and waits until it serves. */
  updateTo(text: string): Promise<void>
}

/** The report as a client must get it. */
function reportOf({ config }: RunningApp): unknown {
  return JSON.parse(JSON.stringify(config.health()))
}

/** Code that knows nothing of a request, several kinds of waiting away from it. */
async function farAway(): Promise<ContractConfig> {
  await setTimeout(1)
  await setImmediate()
  await new Promise<void>((resolve) => process.nextTick(resolve))
  return requestConfig() as unknown as ContractConfig
}
