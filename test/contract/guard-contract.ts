import { startHotConfig } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { AdapterHarness } from './harness.ts'
import { ask } from './http.ts'
import { HEALTH, keys, reportOf, schema, serve, serveVolume, value } from './serve.ts'
import { gated, startLoad } from './support.ts'
import { proves } from '../requirements.ts'

proves('guard-takes-back')

const guard = { bakeMs: 60_000, intervalMs: 20, maxErrorRate: 0.05, minRequests: 50 }

/** What an adapter does for the guard of a configuration: it counts requests by the snapshot that they read. */
export function guardContract(harness: AdapterHarness): void {
  describe('a guard', () => {
    it('takes back under load what makes requests fail, and no other request fails', async () => {
      const failed: string[] = []
      await using app = await serveVolume(
        harness,
        (request) => {
          const { text } = request.config
          if (text === 'bad') {
            failed.push(text)
            throw new Error('this value makes requests fail')
          }
          return { text }
        },
        { guard },
      )
      const load = startLoad(app.url, 4)
      await load.more()
      const before = app.config.current
      await app.update(keys('bad'))
      await expect.poll(() => app.config.health().guard?.state, { timeout: 10_000 }).toBe('taken-back')
      expect(app.config.current).toBe(before)
      await load.more()
      const answers = await load.end()
      expect(answers.filter(({ status }) => status >= 500)).toHaveLength(failed.length)
      expect(failed.length).toBeGreaterThanOrEqual(50)
      expect(app.config.health().lastRejection?.message).toMatch(
        /^taken back by the guard: 5xx \d+(\.\d)? % of \d+ requests, at most 5 %; before 0 %$/,
      )
    })

    it('does not blame an update for slow requests that read the snapshot before', async () => {
      let reads = 0
      const { handler, entered, release } = gated(async (request, wait) => {
        reads += request.config.text.length
        await wait()
        throw new Error('slow, and then it fails')
      })
      await using app = await serveVolume(harness, handler, { guard: { ...guard, minRequests: 5, bakeMs: 1_000 } })
      const slow = Array.from({ length: 10 }, () => ask(app.url))
      await entered(10)
      await app.updateTo('two')
      release()
      for (const { status } of await Promise.all(slow)) expect(status).toBe(500)
      await expect.poll(() => app.config.health().guard?.state, { timeout: 10_000 }).toBe('kept')
      expect(app.config.current).toEqual(value('two'))
      expect(reads).toBeGreaterThan(0)
    })

    it('changes nothing for requests before the first load of an existing configuration', async () => {
      const source = drivenSource(value('one'))
      source.hang()
      const { config, ready } = startHotConfig({ schema, sources: source, guard, logger: false })
      await using app = await serve(harness, { options: { config } })
      const health = await ask(app.url + HEALTH)
      expect(health).toMatchObject({ status: 503, headers: { 'content-type': expect.stringContaining('health+json') } })
      expect(health.json()).toEqual(reportOf(app))
      const early = ask(app.url)
      source.set(value('one'))
      await ready
      expect([200, 503]).toContain((await early).status)
      expect((await ask(app.url)).json()).toEqual(value('one'))
      await config.close()
    })

    it('does not count requests for health, which would hide that others fail', async () => {
      await using app = await serveVolume(
        harness,
        ({ config }) => {
          if (config.text === 'bad') throw new Error('this value makes requests fail')
          return config
        },
        { guard: { ...guard, minRequests: 10, maxErrorRate: 0.5 } },
      )
      await app.updateTo('bad')
      for (let i = 0; i < 20; i++) expect((await ask(`${app.url}/config/health`)).status).toBe(200)
      for (let i = 0; i < 10; i++) expect((await ask(app.url)).status).toBe(500)
      await expect.poll(() => app.config.health().guard?.state, { timeout: 10_000 }).toBe('taken-back')
      expect(app.config.health().lastRejection?.message).toContain('5xx 100 % of 10 requests')
    })
  })
}
