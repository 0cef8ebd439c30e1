import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { answerHealth, ConfigError, startHotConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'

const CHROMIUM = '/usr/bin/chromium'
const NASTY = `<script>document.title='owned'</script><img src="http://example.test/x" onerror="document.title='owned'">`

/** What of the browser's own is used here: these tests are not compiled for one. */
interface StyledElement {
  readonly textContent: string
  readonly parentElement: StyledElement | null
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>
}
declare function getComputedStyle(element: StyledElement): {
  readonly color: string
  readonly backgroundColor: string
  readonly borderRadius: string
}

interface Opened extends AsyncDisposable {
  readonly page: Page
  /** Whatever the browser complained of, the violations of the policy included. */
  readonly complaints: string[]
  /** What it asked for. */
  readonly requests: string[]
  /** A status that is an error is one to the browser's console too. */
  readonly url: string
}

describe.runIf(existsSync(CHROMIUM))('the page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    })
  })
  afterAll(() => browser.close())

  const open = async (
    config: HotConfig<never> | HotConfig<unknown>,
    options: BrowserContextOptions = {},
    query = '?pause',
  ): Promise<Opened> => {
    const server = createServer((request, response) => {
      void answerHealth(config, request, { page: true }).then(({ statusCode, headers, body }) =>
        response.writeHead(statusCode, { ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body)),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/config/health${query}`
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const complaints: string[] = []
    const requests: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => requests.push(request.url()))
    await page.goto(url)
    return {
      page,
      complaints,
      requests,
      url,
      async [Symbol.asyncDispose]() {
        await context.close()
        server.closeAllConnections()
        server.close()
      },
    }
  }

  /** One with something of everything, of which nothing may do anything. */
  const nasty = async (): Promise<HotConfig<Record<string, unknown>>> => {
    const config = createTestConfig<Record<string, unknown>>({ text: 'fine', long: 'a' })
    await config.set({ text: NASTY, long: 'x'.repeat(10_000), [NASTY]: `" onmouseover="document.title='owned'` })
    config.reject({ path: NASTY, file: NASTY, line: 1, message: NASTY })
    return config
  }

  it.each([
    ['with JavaScript', { javaScriptEnabled: true }],
    ['without JavaScript', { javaScriptEnabled: false }],
    ['in the dark', { colorScheme: 'dark' }],
    ['on a narrow screen', { viewport: { width: 320, height: 640 } }],
  ] as const)('shows all, asks for nothing and violates nothing %s', async (_, options) => {
    await using opened = await open(await nasty(), options)
    const { page, complaints, requests, url } = opened
    expect(await page.title()).toBe('Needs attention · Configuration')
    await expect(page.getByText('Needs attention', { exact: true }).isVisible()).resolves.toBe(true)
    await expect(page.getByRole('heading', { name: 'Changed to version 2' }).isVisible()).resolves.toBe(true)
    await expect(page.getByRole('heading', { name: 'Rejected update' }).isVisible()).resolves.toBe(true)
    expect(await page.getByText(NASTY).count()).toBeGreaterThan(3)
    expect(await page.locator('script, img, [onerror], [onmouseover]').count()).toBe(0)
    expect(complaints).toEqual([])
    expect(requests.filter((request) => !request.startsWith('data:'))).toEqual([url])
    // the style is at work, and nothing is wider than the screen
    const box = page.locator('.status')
    expect(await box.evaluate((element) => getComputedStyle(element).borderRadius)).toBe('8px')
    const { width = 0 } = page.viewportSize() ?? {}
    expect(await page.locator('html').evaluate((element) => element.scrollWidth)).toBe(width)
  })

  it('has landmarks, headings in their order, and tables with headers', async () => {
    await using opened = await open(await nasty())
    const { page } = opened
    for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
      expect(await page.getByRole(landmark).count()).toBe(1)
    }
    const levels = await page.locator('h1, h2, h3').evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])))
    expect(levels[0]).toBe(1)
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThan(2)
    for (const name of ['Now', 'Rejected update', 'Sources', 'Timeline']) {
      expect(await page.getByRole('region', { name, exact: true }).count()).toBe(1)
    }
    const change = page.getByRole('table', { name: 'Changed to version 2' })
    expect(await change.getByRole('columnheader').allTextContents()).toEqual(['Path', 'Before', 'After'])
    expect(await change.getByRole('rowheader').count()).toBe(3)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it.each(['light', 'dark'] as const)('has enough contrast everywhere: %s', async (colorScheme) => {
    const source = drivenSource({})
    source.hang()
    const failing = startHotConfig({ sources: source, logger: false })
    failing.ready.catch(() => undefined)
    for (const config of [createTestConfig<Record<string, unknown>>({}), await nasty(), failing.config]) {
      await using opened = await open(config, { colorScheme })
      const ratios = await opened.page.locator('body *').evaluateAll(contrasts)
      expect(ratios.length).toBeGreaterThan(10)
      expect(ratios.filter(({ ratio }) => ratio < 4.5)).toEqual([])
    }
    await failing.config.close()
  })

  it('shows that there is no configuration, with the status for probes', async () => {
    const { config, ready } = startHotConfig({ sources: '/nowhere/at/all', logger: false })
    await expect(ready).rejects.toThrow(ConfigError)
    await using opened = await open(config)
    expect(await opened.page.title()).toBe('No configuration · Configuration')
    expect(await opened.page.getByRole('main').textContent()).toContain("can't be read")
  })

  it('refreshes itself until it is paused', async () => {
    const config = createTestConfig<Record<string, unknown>>({ a: 1 })
    await using opened = await open(config, { javaScriptEnabled: false }, '')
    const { page, complaints } = opened
    await config.set({ a: 2 })
    await page.getByRole('heading', { name: 'Changed to version 2' }).waitFor({ timeout: 15_000 })
    await page.getByRole('link', { name: 'Pause' }).click()
    await page.getByText('The page stays as it is.').waitFor()
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0)
    await page.getByRole('link', { name: /Refresh it/ }).click()
    await page.getByRole('link', { name: 'Pause' }).waitFor()
    expect(complaints).toEqual([])
  })
})

/** Runs in the browser: how each text stands out from what is behind it, as WCAG 2 counts. */
function contrasts(elements: StyledElement[]): { text: string; ratio: number }[] {
  const parse = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: number[]): number => {
    const [r = 0, g = 0, b = 0] = color.map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element: StyledElement | null): number[] => {
    if (!element) return [255, 255, 255]
    const color = parse(getComputedStyle(element).backgroundColor)
    return color[3] === 0 ? behind(element.parentElement) : color
  }
  return elements
    .filter((element) => Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent?.trim()))
    .map((element) => {
      const [light = 0, dark = 0] = [
        luminance(parse(getComputedStyle(element).color)),
        luminance(behind(element)),
      ].sort((a, b) => b - a)
      return { text: element.textContent.slice(0, 40), ratio: (light + 0.05) / (dark + 0.05) }
    })
}
