import type { ServerResponse } from 'node:http'
import { setImmediate, setTimeout } from 'node:timers/promises'

import { startHotConfig } from '@hot-config/core'
import type { HealthOptions, HealthRequest } from '@hot-config/core'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import type { AdapterHarness } from './harness.ts'
import { ask } from './http.ts'
import { HEALTH, keys, reportOf, schema, serve, serveVolume, value } from './serve.ts'
import { proves } from '../requirements.ts'

proves('health-only-reads')

/** What an adapter guarantees of its health report. */
export function healthContract(harness: AdapterHarness): void {
  describe('the health report', () => {
    const type = 'application/health+json; charset=utf-8'

    it('passes', async () => {
      await using app = await serveVolume(harness)
      const answer = await ask(`${app.url}${HEALTH}?from=probe`)
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' } })
      expect(answer.json()).toEqual(reportOf(app))
      expect(answer.json()).toMatchObject({ status: 'pass', version: 1, lastRejection: null })
    })

    it('warns after a bad update, with its issues, and passes when it is fixed', async () => {
      await using app = await serveVolume(harness)
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
      await using app = await serveVolume(harness, undefined, { health: { page: true, details } })
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
      await using app = await serveVolume(harness, undefined, { health: { details } })
      const answer = await ask(app.url + HEALTH)
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual(isWhole ? reportOf(app) : { status: 'pass' })
    })

    it.each<[string, (response: ServerResponse) => void, object]>([
      ['answered', (response) => response.writeHead(408).end('too late'), { status: 408, text: 'too late' }],
      ['begun to answer', (response) => endLater(response.writeHead(200)), { status: 200, text: 'begun and ended' }],
      ['given up', (response) => void response.destroy(), { code: 'ECONNRESET' }],
    ])('leaves alone a request that other code has %s', async (_what, answer, expected) => {
      const details = async ({ socket }: HealthRequest): Promise<boolean> => {
        const response = (socket as { readonly _httpMessage?: ServerResponse } | undefined)?._httpMessage
        expect(response).toBeDefined()
        if (response) answer(response)
        await setImmediate()
        return true
      }
      await using app = await serveVolume(harness, undefined, { health: { details } })
      const unhandled = vi.fn<(reason: unknown) => void>()
      process.on('unhandledRejection', unhandled)
      const got: unknown = await ask(app.url + HEALTH).catch((error: unknown) => error)
      await setTimeout(20)
      process.off('unhandledRejection', unhandled)
      expect(got).toMatchObject(expected)
      expect(unhandled).not.toHaveBeenCalled()
    })

    it('fails with its status alone for them, before there is a snapshot', async () => {
      const source = drivenSource(value('one'))
      source.hang()
      const { config } = startHotConfig({ schema, sources: source, logger: false })
      await using app = await serve(harness, { options: { config, health: { details: false } } })
      const failure = await ask(app.url + HEALTH)
      expect(failure.status).toBe(503)
      expect(failure.json()).toEqual({ status: 'fail' })
      await config.close()
    })

    it('fails while there is no valid snapshot', async () => {
      const source = drivenSource(value('one'))
      source.hang()
      const { config, ready } = startHotConfig({ schema, sources: source, logger: false })
      await using app = await serve(harness, { options: { config } })
      const failure = await ask(app.url + HEALTH)
      expect(failure).toMatchObject({ status: 503, headers: { 'content-type': type, 'cache-control': 'no-store' } })
      expect(failure.json()).toEqual(reportOf(app))
      expect(failure.json()).toMatchObject({ status: 'fail', version: 0, digest: null, loadedAt: null })
      source.set(value('one'))
      await ready
      expect(await ask(app.url + HEALTH)).toMatchObject({ status: 200 })
      await config.close()
    })
  })
}

/** An answer that takes longer than `details`. */
function endLater(response: ServerResponse): void {
  response.write('begun')
  void setTimeout(10).then(() => response.end(' and ended'))
}
