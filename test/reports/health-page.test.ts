import { readFileSync } from 'node:fs'

import { answerHealth, createHotConfig, values } from '@hot-config/core'
import type { HealthAnswer, HotConfig } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { unwatched } from '../support/unwatched.ts'
import { drivenSource } from '../support/driven-source.ts'
import { proves } from '../requirements.ts'

proves('health-only-reads')

const HTML = 'text/html; charset=utf-8'

async function answer(
  config: HotConfig<never> | HotConfig<unknown>,
  accept: string | undefined,
  url = '/config/health',
): Promise<HealthAnswer> {
  return answerHealth(config, { headers: { accept }, url }, { page: true })
}

async function page(config: HotConfig<never> | HotConfig<unknown>, url?: string): Promise<string> {
  const { body } = await answer(config, 'text/html', url)
  return typeof body === 'string' ? body : expect.fail('not a page')
}

/** A page as a reader sees it: without tags, with every entity as the character that it stands for. */
function read(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'", '#96': '`' }
  return text
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&([^;]+);/g, (_, name: string) => entities[name] ?? '')
    .replace(/\s+/g, ' ')
}

describe('content negotiation', () => {
  const config = createTestConfig({})

  it.each([
    'text/html',
    'TEXT/HTML',
    'text/html, */*;q=0.8',
    'text/html;charset=utf-8',
    'text/html; q=1.000',
    'text/*, application/json;q=0.9',
    'application/json;q=0.2, text/html;q=0.3',
    'application/health+json;q=0, application/json;q=0, */*',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'image/png;note="a,b;text/plain\\"", text/html',
    ' text/html ;q=0.5 , , ;;',
  ])('answers with the page for %s', async (accept) => {
    expect((await answer(config, accept)).headers['content-type']).toBe(HTML)
  })

  it.each([
    undefined,
    '',
    '*/*',
    '*',
    'application/json',
    'application/health+json',
    'application/*',
    'image/png',
    'text/html, */*',
    'text/html, application/json',
    'application/json, text/html;q=0.9',
    'text/html;q=0',
    'text/html;q=0, */*;q=0.1',
    'text/html;q=2',
    'text/html;q=x',
    'text/html;level=1',
    'text/html-ish',
    'image/png;note="text/html, text/html"',
    'text/plain;note="',
    'text/*;q=0.5, text/html;q=0, */*;q=0.1',
  ])('answers with JSON for %s', async (accept) => {
    const { headers, body } = await answer(config, accept)
    expect(headers).toMatchObject({ 'content-type': 'application/health+json; charset=utf-8', vary: 'Accept' })
    expect(body).toEqual(config.health())
  })

  it('parses a hostile header in no time', async () => {
    const started = performance.now()
    for (const part of ['text/html,', 'text/html;', '"', '\\"', 'a/b;q=0.', ';q=', ' ']) {
      await answer(config, part.repeat(16_384 / part.length))
    }
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('reads the query as a browser writes it', async () => {
    for (const query of ['?pause', '?pause=', '?pause=1', '?a=b&pause', '?pause&a']) {
      expect(await page(config, `/config/health${query}`)).toContain('stays as it is')
    }
    for (const query of ['', '?', '?paused', '?a=pause', '/pause']) {
      expect(await page(config, `/config/health${query}`)).toContain('refreshes every')
    }
  })
})

describe('the page', () => {
  it('describes a passing configuration', async () => {
    await using config = await createHotConfig({ sources: values({ a: 1 }), logger: false })
    const text = read(await page(config))
    expect(text).toMatch(/Up to date \(pass\) The newest configuration is served/)
    expect(text).toMatch(
      /Version 1 Digest sha256:[0-9a-f]{64} Loaded \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+ seconds? ago/,
    )
    expect(text).toMatch(/Waits for a restart nothing Pinned by the environment nothing/)
    expect(text).toMatch(/values literal nothing no none/)
    expect(text).toContain('No change and no rejection yet.')
    expect(text).not.toContain('Rejected')
  })

  it("shows what waits for a restart, what is pinned, and which source can't be updated", async () => {
    vi.stubEnv('PAGE_PINNED', 'x')
    const schema = { port: { format: Number, default: 1 }, pinned: { format: String, default: '', env: 'PAGE_PINNED' } }
    const reading = (value: unknown) => ({
      revision: JSON.stringify(value),
      entries: [{ path: [], value }],
      updatable: false,
      warnings: ['mounted <with> subPath'],
    })
    const source = drivenSource({ port: 1, pinned: 'a' }, { name: 'file:/a<b>', reading })
    await using config = await createHotConfig({
      schema,
      sources: unwatched(source),
      restartRequired: ['port'],
      logger: false,
    })
    source.set({ port: 2, pinned: 'b' })
    await config.reload()
    const text = read(await page(config))
    expect(text).toContain('Needs attention (warn)')
    expect(text).toContain("Updates can't reach file:/a<b> .")
    expect(text).toContain('Changes wait for a restart: port .')
    expect(text).toContain('Waits for a restart port Pinned by the environment pinned')
    expect(text).toMatch(/file:\/a<b> \{"port":2,"pinned":"b"\} nothing no mounted <with> subPath/)
    vi.unstubAllEnvs()
  })

  it('shows the newest entry first, with values of every kind', async () => {
    const config = createTestConfig<Record<string, unknown>>({ a: 'one', gone: 1 })
    const nothing = Object.create({ inherited: 1 }) as object
    await config.set({ a: 'two', big: 10n, made: new Map([['k', new Date(0)]]), list: [1], none: null, own: nothing })
    config.reject('told <nobody>')
    const text = read(await page(config))
    expect(text).toMatch(/Timeline Rejected .*told <nobody>.*Changed to version 2/)
    expect(text).toContain("a 'one' 'two'")
    expect(text).toContain('gone 1 not set')
    expect(text).toContain('big not set 10n')
    expect(text).toContain("made not set Map(1) { 'k' => 1970-01-01T00:00:00.000Z }")
    expect(text).toContain('list not set [ 1 ]')
    expect(text).toContain('none not set null')
    expect(text).toMatch(/prepare \d+\.\d ms/)
  })

  it('stays small, however much changed', async () => {
    const config = createTestConfig<Record<string, unknown>>({})
    const many = (text: string): Record<string, unknown> =>
      Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`key${index}`, text.repeat(1_000)]))
    for (let round = 0; round < 25; round++) await config.set(many(String(round)))
    const text = await page(config)
    expect(read(text)).toContain('And 950 more.')
    expect(text.length).toBeLessThan(2_000_000)
  })

  it('never shows a redacted value or a control character', async () => {
    const reading = (value: unknown) => ({ entries: [{ path: [], value }], warnings: ['\0'] })
    const source = drivenSource({ password: 'hunter2-first', text: 'a\0b\u001bc' }, { reading })
    await using config = await createHotConfig({ sources: source, redact: ['password'], logger: false })
    source.set({ password: 'hunter2-second', text: 'd\u0007e' })
    await config.reload()
    const text = await page(config)
    expect(read(text)).toContain("password '[redacted]' '[redacted]'")
    expect(text).not.toContain('hunter2')
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f]/)
  })

  it('has well-formed HTML', async () => {
    const config = createTestConfig<Record<string, unknown>>({ a: 1 })
    await config.set({ a: 2 })
    config.reject({ path: 'a', message: 'no' })
    const text = (await page(config)).replace(/<style>.*<\/style>/s, '').replace(/<!doctype html>/, '')
    const open: string[] = []
    for (const [, closing, name = '', rest = ''] of text.matchAll(/<(\/?)([a-z0-9]+)((?:"[^"]*"|[^">])*)>/g)) {
      if (closing) expect(open.pop()).toBe(name)
      else if (!rest.endsWith('/')) open.push(name)
    }
    expect(open).toEqual([])
  })

  it('is loaded only when it is asked for, not with core', () => {
    const loaded = new Set<string>()
    const load = (module: URL): void => {
      if (loaded.has(module.href)) return
      loaded.add(module.href)
      const code = readFileSync(module, 'utf8').replaceAll(/^import type .*$/gm, '')
      for (const [, path = ''] of code.matchAll(/ from '(\.[^']+)\.js'/g)) load(new URL(`${path}.ts`, module))
    }
    load(new URL('../../packages/core/src/index.ts', import.meta.url))
    expect(loaded.size).toBeGreaterThan(20)
    expect([...loaded].filter((module) => module.includes('/page/'))).toEqual([])
  })
})
