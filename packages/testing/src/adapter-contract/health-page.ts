import assert from 'node:assert/strict'

import { createTestConfig } from '../test-config.js'
import type { AdapterGuarantee, RunningApp, Subject } from './app-under-test.js'
import { valueOf } from './contract-config.js'
import { assertReport, HEALTH, JSON_TYPE } from './health.js'
import { ask } from './http.js'
import type { Answer } from './http.js'

const HTML_TYPE = 'text/html; charset=utf-8'

/** What Chromium sends when somebody types the address. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

const needs = ['health', 'page'] as const

const serve = (subject: Subject, health: object = { page: true }): Promise<RunningApp> =>
  subject.start({ options: { config: createTestConfig<object>(valueOf('one')), health } })

const get = (url: string, accept?: string, method = 'GET'): Promise<Answer> =>
  ask(url, { method, ...(accept !== undefined && { headers: { accept } }) })

export const healthPage: readonly AdapterGuarantee[] = [
  {
    name: 'is what a browser receives, without scripts and never cached',
    needs,
    async prove(subject) {
      const app = await serve(subject)
      const { status, headers, text } = await get(app.url + HEALTH, BROWSER)
      assert.equal(status, 200)
      assert.equal(headers['content-type'], HTML_TYPE)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(String(headers['content-security-policy']), /default-src 'none'/)
      assert.equal(headers['content-length'], String(Buffer.byteLength(text)))
      assert.equal(headers.etag, undefined)
      assert.match(text, /^<!doctype html>/)
      assert(text.includes(String(app.config.health().digest)))
    },
  },
  {
    name: 'is nothing for probes, which receive the report',
    needs,
    async prove(subject) {
      const app = await serve(subject)
      for (const accept of [undefined, '*/*', 'application/json', 'text/html;q=0.5, */*']) {
        const answer = await get(app.url + HEALTH, accept)
        assertReport(answer, 200)
        assert.match(String(answer.headers.vary), /\bAccept\b/i)
        assert.deepEqual(answer.json(), JSON.parse(JSON.stringify(app.config.health())))
      }
    },
  },
  {
    name: 'answers HEAD with its head alone',
    needs,
    async prove(subject) {
      const app = await serve(subject)
      const url = `${app.url}${HEALTH}?pause`
      const head = await get(url, BROWSER, 'HEAD')
      const { headers } = await get(url, BROWSER)
      assert.equal(head.text, '')
      assert.ok(Number(head.headers['content-length']) > 0)
      // the page says how long ago something was, so its length may differ a moment later
      const changing = { date: '', 'content-length': '' }
      assert.deepEqual({ ...head.headers, ...changing }, { ...headers, ...changing })
    },
  },
  {
    name: 'stops to refresh itself when it is paused',
    needs,
    async prove(subject) {
      const app = await serve(subject)
      const refresh = '<meta http-equiv="refresh"'
      assert((await get(app.url + HEALTH, BROWSER)).text.includes(refresh))
      assert(!(await get(`${app.url}${HEALTH}?pause`, BROWSER)).text.includes(refresh))
    },
  },
  {
    name: 'is off by default',
    needs,
    async prove(subject) {
      const app = await serve(subject, {})
      assert.equal((await get(app.url + HEALTH, BROWSER)).headers['content-type'], JSON_TYPE)
    },
  },
]
