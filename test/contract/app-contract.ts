import { ConfigError, createHotConfig, OptionError, startHotConfig, values } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { loadError } from '../support/load-error.ts'
import type { AdapterHarness, AppUnderTest } from './harness.ts'
import { ask } from './http.ts'
import { farAway, HEALTH, keys, reportOf, schema, serve, serveVolume, value } from './serve.ts'
import { gated, nothingBut, openNow, SENSELESS } from './support.ts'

/** What an adapter guarantees from the start of an app to its end. */
export function appContract(harness: AdapterHarness): void {
  describe('an app', () => {
    it('does not start without a valid configuration: the error lists every problem', async () => {
      await using volume = await createConfigMapVolume()
      await volume.update({ ...keys('one', 'many'), 'app.yaml': 'text: [1]' })
      const before = openNow()
      const { issues } = await loadError(serve(harness, { options: { schema, sources: volume.path, logger: false } }))
      expect(new Set(issues.map(({ path }) => path))).toEqual(new Set(['limits.rate', 'text']))
      await nothingBut(before)
    })

    it.each(SENSELESS)('does not start with invalid options: %j', async (senseless) => {
      const options = { sources: values({}), logger: false, ...senseless } as AppUnderTest['options']
      await expect(serve(harness, { options })).rejects.toThrow(OptionError)
    })

    it('has its own configuration beside another app of the process', async () => {
      await using one = await serveVolume(harness, undefined, { requestContext: true })
      await using two = await serveVolume(harness, async () => farAway(), {
        requestContext: true,
        health: { path: '/two' },
      })
      await two.updateTo('two')
      expect((await ask(one.url)).json()).toEqual(value('one'))
      expect((await ask(two.url)).json()).toEqual(value('two'))
      expect((await ask(one.url + HEALTH)).json()).toEqual(reportOf(one))
      expect((await ask(`${two.url}/two`)).json()).toEqual(reportOf(two))
      await one.close()
      await two.updateTo('three')
      expect((await ask(two.url)).json()).toEqual(value('three'))
    })

    it('leaves a configuration that it was given to its owner', async () => {
      await using volume = await createConfigMapVolume()
      await volume.update(keys('one'))
      await using config = await createHotConfig({ schema, sources: volume.path, logger: false })
      await using app = await serve(harness, { options: { config } })
      expect(app.config.current).toBe(config.current)
      expect((await ask(app.url)).json()).toEqual(value('one'))
      await app.close()
      await volume.update(keys('two'))
      await eventually(() => expect(config.current.text).toBe('two'))
    })

    it('delays requests or answers 503, never 500, until an existing configuration has its first load', async () => {
      const source = drivenSource(value('one'))
      source.hang()
      const { config, ready } = startHotConfig({ schema, sources: source, logger: false })
      await using app = await serve(harness, { options: { config, requestContext: true } })
      const early = [ask(app.url), ask(app.url, { method: 'POST', body: {} })]
      await ask(app.url + HEALTH)
      source.set(value('one'))
      await ready
      for (const { status, text, json } of await Promise.all(early)) {
        expect(status).toSatisfy((code) => code === 503 || code === 200 || code === 201)
        if (status === 503) expect(text).not.toContain('echo')
        else expect(json()).toEqual(value('one'))
      }
      expect((await ask(app.url)).json()).toEqual(value('one'))
      await config.close()
    })

    it.each<[string, boolean]>([
      ['', false],
      [', also far from the request', true],
    ])('answers 503, never 500, when that first load fails%s', async (_where, requestContext) => {
      const { config, ready } = startHotConfig({ schema, sources: values({ text: 1 }), logger: false })
      await using app = await serve(harness, {
        options: { config, requestContext },
        handler: requestContext ? farAway : (request) => request.config,
      })
      await expect(ready).rejects.toThrow(ConfigError)
      for (const method of ['GET', 'POST']) {
        expect((await ask(app.url, { method, ...(method === 'POST' && { body: {} }) })).status).toBe(503)
      }
      expect((await ask(app.url + HEALTH)).json()).toMatchObject({ status: 'fail' })
    })

    it('answers the requests in progress before it closes', async () => {
      const { handler, entered, release } = gated(async (request, wait) => {
        const before = request.config
        await wait()
        return { same: before === request.config, ...request.config }
      })
      await using app = await serveVolume(harness, handler)
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
      const app = await serve(harness, {
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
}
