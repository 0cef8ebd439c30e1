import { hotConfig } from '@hot-config/express'
import { createTestConfig } from '@hot-config/testing'
import express5 from 'express'
import type { Express } from 'express'
// @ts-expect-error -- has no types under this name; those of 5 say the same about what is used here
import express4 from 'express4'
import { describe, expect, it } from 'vitest'

import { ask } from '../contract/http.ts'
import { listen } from '../support/listen.ts'

const versions: readonly [name: string, create: typeof express5][] = [
  ['Express 5', express5],
  ['Express 4', express4 as typeof express5],
]

const SPELLINGS = [
  '/config/health',
  '/config/health/',
  '/config/health//',
  '/config//health',
  '//config/health',
  '/Config/Health',
  '/CONFIG/HEALTH/',
  '/config/health?a=/',
  '/config/health/?a',
  '/Config/Health?a=b#c',
  '/config/health#a',
  '/config/health/more',
  '/config/healthy',
  '/config/health.json',
  '/config%2Fhealth',
  '/config/health%2F',
  '/config/%68ealth',
  '/',
  '/?/config/health',
]

const SETTINGS = [
  {},
  { 'strict routing': true },
  { 'case sensitive routing': true },
  { 'strict routing': true, 'case sensitive routing': true },
]

/** Which spellings are answered with 200. */
async function answered(app: Express, prefix = ''): Promise<string[]> {
  await using served = await listen(app)
  const found: string[] = []
  // Express itself makes one slash of those around a mount point
  for (const spelling of SPELLINGS.filter((each) => prefix === '' || !each.startsWith('//'))) {
    if ((await ask(served.url + prefix + spelling)).status === 200) found.push(spelling)
  }
  return found
}

describe.each(versions)('the path of the report on %s', (_name, create) => {
  const live = hotConfig({ config: createTestConfig({}) })
  const withSettings = (settings: object): Express => {
    const app = create()
    for (const [name, value] of Object.entries(settings)) app.set(name, value)
    return app
  }

  it.each(SETTINGS)('is spelled in the same ways as a route of the app with the settings %j', async (settings) => {
    const routed = withSettings(settings)
    routed.get('/config/health', (_req, res) => void res.end())
    const expected = await answered(routed)
    expect(expected).toContain('/config/health')
    expect(await answered(withSettings(settings).use(live))).toEqual(expected)
  })

  it.each(SETTINGS)('is so below a mount point, with the settings %j', async (settings) => {
    const routed = withSettings(settings)
    routed.get('/api/config/health', (_req, res) => void res.end())
    const expected = await answered(routed, '/api')
    expect(await answered(withSettings(settings).use('/api', live), '/api')).toEqual(expected)
  })

  it('follows the settings of an app within the app', async () => {
    const inner = withSettings({ 'strict routing': true, 'case sensitive routing': true }).use(live)
    const spellings = await answered(create().use('/inner', inner), '/inner')
    expect(spellings).not.toContain('/config/health/')
    expect(spellings).not.toContain('/Config/Health')
  })

  it.each(['/internal/Config', '/internal/config/'])('may be configured as %s', async (path) => {
    for (const settings of SETTINGS) {
      const own = hotConfig({ config: createTestConfig({}), health: { path } })
      await using served = await listen(withSettings(settings).use(own))
      expect((await ask(served.url + path)).status).toBe(200)
    }
  })
})
