import { OptionError } from '@hot-config/core'
import { adapterContract } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { examplesOf, runExample } from '../support/snippets.ts'
import { adapterThat, failuresOf } from './adapters.ts'
import type { Ways } from './adapters.ts'

/** Adapters with one fault each, and a test of the contract that must find it. */
const BROKEN: readonly [fault: string, ways: Ways, finds: string][] = [
  [
    'reads the newest snapshot every time',
    { config: (_request, config) => config.current },
    'requests see one snapshot until they end, although an update is served; the next request sees the new one',
  ],
  [
    'passes a copy',
    { config: (_request, config) => structuredClone(config.current) },
    'requests get the validated configuration, frozen',
  ],
  [
    'fails requests while an update is rejected',
    {
      config: (request, config, pin) => {
        if (config.health().status === 'warn') throw new Error('rejected')
        return pin.of(request)
      },
    },
    'requests never fail while a bad update arrives, stays and is fixed',
  ],
  [
    'has no request context',
    { run: (_request, _pin, code) => code() },
    'the request context returns the configuration of the request in code far away from it',
  ],
  [
    'has another snapshot in the request context',
    { run: (_request, pin, code) => pin.run({}, code) },
    'the request context returns the configuration of the request in code far away from it',
  ],
  [
    'always has the request context',
    { options: (o) => ({ ...o, requestContext: true }) },
    'the request context is off by default',
  ],
  ['has another path for health', { health: (h) => ({ ...h, path: '/health' }) }, 'the health report passes'],
  [
    'ignores details',
    { health: (h) => ({ ...h, details: true }) },
    'the health report is whole or its status alone, as `details` says',
  ],
  [
    'serves health to any method',
    {
      answersHealth: (req, res, answers) => {
        if (req.url === '/config/health') req.method = 'GET'
        return answers(req, res)
      },
    },
    'the health report leaves other methods to the app',
  ],
  [
    'never has the page',
    { health: (h) => ({ ...h, page: false }) },
    'the health page is what a browser receives, without scripts and never cached',
  ],
  ['always has the page', { health: (h) => ({ ...h, page: true }) }, 'the health page is off by default'],
  [
    'answers 500 before the first load',
    { failed: () => 500 },
    'an app answers 503, never 500, while an existing configuration has no snapshot',
  ],
  ['leaves its configuration open', { close: async () => undefined }, 'an app closes the configuration that it made'],
  [
    'closes an existing configuration',
    { close: (_own, config) => config.close() },
    'an app leaves an existing configuration to its owner',
  ],
  [
    'starts without a valid configuration',
    { waits: false },
    'an app does not start without a valid configuration: the error lists every problem',
  ],
  [
    'accepts any option',
    {
      options: ({ schema, sources, logger, config, health, requestContext }) =>
        config
          ? { config, requestContext: requestContext === true }
          : {
              schema: schema!,
              sources,
              logger,
              requestContext: requestContext === true,
              ...(typeof health === 'object' && health.path?.startsWith('/') && { health }),
            },
    },
    'an app does not start with invalid options',
  ],
]

describe('the adapter contract', () => {
  it('passes for an adapter that keeps every guarantee', async () => {
    expect(await failuresOf(adapterThat({}))).toEqual({})
  })

  it.each(BROKEN)('fails for an adapter that %s', async (_fault, ways, finds) => {
    expect(Object.keys(await failuresOf(adapterThat(ways)))).toContain(finds)
  })

  it("skips what an adapter declares that it can't do", async () => {
    const start = adapterThat({ answersHealth: () => false, run: (_request, _pin, code) => code() })
    expect(await failuresOf(start, { health: false, page: false, requestContext: false })).toEqual({})
  })

  it('rejects unknown and invalid options', () => {
    const group = (): void => undefined
    expect(() => adapterContract({ describe: group, it: group, start: 'app' as never })).toThrow(OptionError)
    const capabilities = { healthy: true } as never
    expect(() => adapterContract({ describe: group, it: group, start: adapterThat({}), capabilities })).toThrow(
      /capabilities.healthy: unknown option \(did you mean "health"\?\)/,
    )
  })

  it('runs under node:test, as the README shows', async () => {
    const example = examplesOf('packages/testing/README.md').find((code) => code.includes('adapterContract')) ?? ''
    const tell = `process.on('exit', (code) => process.send(code || process.exitCode || 0))
      import { after } from 'node:test'
      after(() => process.send('ended'))`
    await runExample(`${example}\n${tell}`, async (child, next) => {
      expect(await next()).toBe('ended')
      expect(await next()).toBe(0)
      child.kill()
    })
  })
})
