import { createHash } from 'node:crypto'

import { OptionError, values } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import type { AdapterHarness, ContractConfig, RunningApp } from './harness.ts'
import { ask } from './http.ts'

const HEALTH = '/config/health'
const JSON_TYPE = 'application/health+json; charset=utf-8'
const HTML_TYPE = 'text/html; charset=utf-8'

/** What Chromium sends when somebody types the address. */
const BROWSER =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'

const first: ContractConfig = { text: 'one', echo: 'one', limits: { rate: 10 } }

/** What every adapter guarantees of the health page. */
export function healthPageContract({ start }: AdapterHarness): void {
  const serve = async (options: object = {}): Promise<RunningApp & AsyncDisposable> => {
    const config = createTestConfig<Record<string, unknown>>({ ...first })
    const app = await start({
      options: { config, health: { page: true }, ...options },
      handler: (request) => request.config,
    })
    return { ...app, [Symbol.asyncDispose]: () => app.close() }
  }
  const get = (url: string, accept?: string, method = 'GET'): ReturnType<typeof ask> =>
    ask(url, { method, ...(accept !== undefined && { headers: { accept } }) })

  describe('the health page', () => {
    it('is what a browser receives', async () => {
      await using app = await serve()
      const page = await get(app.url + HEALTH, BROWSER)
      expect(page).toMatchObject({
        status: 200,
        headers: {
          'content-type': HTML_TYPE,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        },
      })
      expect(page.headers.vary?.split(/, */)).toContain('Accept')
      expect(page.headers.etag).toBeUndefined()
      expect(page.headers['content-length']).toBe(String(Buffer.byteLength(page.text)))
      expect(page.text).toMatch(/^<!doctype html>/)
      expect(page.text).toContain('Up to date')
      expect(page.text).toContain(app.config.health().digest)
    })

    it('may load only its own style', async () => {
      await using app = await serve()
      const { headers, text } = await get(app.url + HEALTH, BROWSER)
      const [, style = ''] = /<style>(.*)<\/style>/s.exec(text) ?? []
      const hash = createHash('sha256').update(style).digest('base64')
      expect(headers['content-security-policy']?.toString().split('; ').sort()).toEqual([
        "base-uri 'none'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        'img-src data:',
        `style-src 'sha256-${hash}'`,
      ])
    })

    it.each([undefined, '*/*', 'application/json', 'application/health+json', 'text/plain', 'text/html;q=0.5, */*'])(
      'is nothing for a probe that accepts %s',
      async (accept) => {
        await using app = await serve()
        const answer = await get(app.url + HEALTH, accept)
        expect(answer).toMatchObject({ status: 200, headers: { 'content-type': JSON_TYPE, vary: 'Accept' } })
        expect(answer.json()).toEqual(JSON.parse(JSON.stringify(app.config.health())))
      },
    )

    it('answers HEAD with its head alone', async () => {
      await using app = await serve()
      const url = `${app.url}${HEALTH}?pause`
      const head = await get(url, BROWSER, 'HEAD')
      const { headers } = await get(url, BROWSER)
      expect(head).toMatchObject({ status: 200, text: '' })
      expect({ ...head.headers, date: '' }).toEqual({ ...headers, date: '' })
    })

    it('shows changes and rejections, with every text in it escaped', async () => {
      const config = createTestConfig<Record<string, unknown>>({ ...first })
      await using app = await serve({ config })
      await config.set({ ...first, text: '<script>alert("&")</script>' })
      config.reject({ path: '<img src=x>', file: "'a'.yaml", line: 3, message: '<b onclick="alert(1)">`' })
      const { status, text } = await get(app.url + HEALTH, BROWSER)
      expect(status).toBe(200)
      expect(text).toContain('Needs attention')
      expect(text).toContain('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;')
      expect(text).toContain('&lt;img src=x&gt;')
      expect(text).toContain('&#39;a&#39;.yaml:3')
      expect(text).toContain('&lt;b onclick=&quot;alert(1)&quot;&gt;&#96;')
      expect(text).not.toMatch(/<script|<img|<b /)
    })

    it('refreshes itself, until it is paused', async () => {
      await using app = await serve()
      const refresh = '<meta http-equiv="refresh"'
      expect((await get(app.url + HEALTH, BROWSER)).text).toContain(refresh)
      expect((await get(`${app.url}${HEALTH}?pause`, BROWSER)).text).not.toContain(refresh)
    })

    it.each([{ health: {} }, { health: { page: false } }, { health: undefined }])('is off with %j', async (options) => {
      await using app = await serve(options)
      const answer = await get(app.url + HEALTH, BROWSER)
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': JSON_TYPE } })
      expect(answer.headers.vary).toBeUndefined()
    })

    it('has the path of the report', async () => {
      await using app = await serve({ health: { path: '/internal/config', page: true } })
      expect((await get(`${app.url}/internal/config`, BROWSER)).headers['content-type']).toBe(HTML_TYPE)
      expect((await get(app.url + HEALTH, BROWSER)).status).toBe(404)
    })

    it('is switched on only by true', async () => {
      const options = { sources: values({}), logger: false, health: { page: 'yes' as unknown as boolean } } as const
      await expect(start({ options, handler: () => undefined })).rejects.toThrow(OptionError)
    })
  })
}
