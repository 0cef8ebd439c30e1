import assert from 'node:assert/strict'

import { startHotConfig, values } from '@hot-config/core'
import type { HealthOptions, HealthRequest } from '@hot-config/core'

import type { AdapterGuarantee } from './app-under-test.js'
import { CONTRACT_SCHEMA, keysOf, reportOf, valueOf } from './contract-config.js'
import { ask } from './http.js'
import type { Answer } from './http.js'

export const HEALTH = '/config/health'
export const JSON_TYPE = 'application/health+json; charset=utf-8'

const needs = ['health'] as const

/** What every answer of the report has. */
export function assertReport({ status, headers }: Answer, expected: 200 | 503): void {
  assert.equal(status, expected)
  assert.equal(headers['content-type'], JSON_TYPE)
  assert.equal(headers['cache-control'], 'no-store')
}

const DETAILS: readonly [HealthOptions['details'], isWhole: boolean][] = [
  [true, true],
  [false, false],
  [async () => true, true],
  [async () => false, false],
  [() => 1 as unknown as boolean, false],
  [() => Promise.reject(new Error('no such user')), false],
]

function isMonitor({ headers }: HealthRequest): boolean {
  // those of a web request are an object with `get`
  const { get, authorization } = headers as unknown as { get?: (name: string) => unknown; authorization?: unknown }
  return (get?.call(headers, 'authorization') ?? authorization) === 'Bearer monitor'
}

export const health: readonly AdapterGuarantee[] = [
  {
    name: 'passes',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume()
      const answer = await ask(`${app.url}${HEALTH}?from=probe`)
      assertReport(answer, 200)
      assert.deepEqual(answer.json(), reportOf(app.config))
    },
  },
  {
    name: 'warns after a bad update, with its issues, and passes when it is fixed',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume()
      await app.update(keysOf('two', 'many'))
      await subject.until(() => app.config.health().status === 'warn')
      const warning = await ask(app.url + HEALTH)
      assertReport(warning, 200)
      assert.deepEqual(warning.json(), reportOf(app.config))
      assert.equal(app.config.health().lastRejection?.issues[0]?.path, 'limits.rate')
      await app.updateTo('two')
      assert.equal(((await ask(app.url + HEALTH)).json() as { status: string }).status, 'pass')
    },
  },
  {
    name: 'is whole or its status alone, as `details` says',
    needs,
    async prove(subject) {
      for (const [details, isWhole] of DETAILS) {
        const app = await subject.startOnVolume(undefined, { health: { details } })
        const answer = await ask(app.url + HEALTH)
        assertReport(answer, 200)
        assert.deepEqual(answer.json(), isWhole ? reportOf(app.config) : { status: 'pass' })
        await app.close()
      }
    },
  },
  {
    name: 'passes the request to `details`, with its headers',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume(undefined, { health: { details: isMonitor } })
      assert.deepEqual((await ask(app.url + HEALTH)).json(), { status: 'pass' })
      const headers = { authorization: 'Bearer monitor' }
      assert.deepEqual((await ask(app.url + HEALTH, { headers })).json(), reportOf(app.config))
    },
  },
  {
    name: 'fails while there is no valid snapshot',
    needs,
    async prove(subject) {
      const sources = values({ text: 1 })
      const { config, ready } = startHotConfig({ schema: CONTRACT_SCHEMA, sources, logger: false })
      const app = await subject.start({ options: { config } })
      await assert.rejects(ready)
      const failure = await ask(app.url + HEALTH)
      assertReport(failure, 503)
      assert.deepEqual(failure.json(), reportOf(config))
    },
  },
  {
    name: 'answers HEAD with the same head alone',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume()
      const head = await ask(app.url + HEALTH, { method: 'HEAD' })
      const { headers } = await ask(app.url + HEALTH)
      assert.equal(head.text, '')
      assert.deepEqual({ ...head.headers, date: '' }, { ...headers, date: '' })
    },
  },
  {
    name: 'leaves other methods to the app',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume()
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const { status, headers } = await ask(app.url + HEALTH, { method })
        assert.equal(status, 404, method)
        assert.notEqual(headers['content-type'], JSON_TYPE)
      }
    },
  },
  {
    name: 'can be moved',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume(undefined, { health: { path: '/internal/config' } })
      assert.deepEqual((await ask(`${app.url}/internal/config`)).json(), reportOf(app.config))
      assert.equal((await ask(app.url + HEALTH)).status, 404)
    },
  },
  {
    name: 'can be switched off',
    needs,
    async prove(subject) {
      const app = await subject.startOnVolume(undefined, { health: false })
      assert.equal((await ask(app.url + HEALTH)).status, 404)
      assert.deepEqual((await ask(app.url)).json(), valueOf('one'))
    },
  },
]
