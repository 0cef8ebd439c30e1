import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import * as one from '@hot-config/core'
import { volume } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { loadError } from '../support/load-error.ts'

/** The second copy of core: what is published, while the first are the sources. */
const other = (await import(
  new URL('../../packages/core/dist/index.js', import.meta.url).href
)) as typeof import('@hot-config/core')

type ErrorName = Extract<keyof typeof one, `${string}Error`>
const names = Object.keys(one).filter((name): name is ErrorName => name.endsWith('Error'))

/** An error of each kind, as a copy makes it. */
function errorOf(core: typeof one, name: ErrorName): Error {
  const Kind = core[name] as unknown as new (argument: unknown) => Error
  return name === 'OptionError' ? new Kind('x') : new Kind([{ code: 'HOT_CONFIG_SCHEMA', message: 'x' }])
}

describe('two copies of core in one process', () => {
  it('are two', () => {
    expect(other.ConfigError).not.toBe(one.ConfigError)
    expect(names.length).toBeGreaterThanOrEqual(10)
  })

  it.each(names)('know a %s of each other, and of what kinds it is not', (name) => {
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      const error = errorOf(there, name)
      expect(error instanceof here[name]).toBe(true)
      for (const kind of names) expect(error instanceof here[kind]).toBe(error instanceof there[kind])
    }
  })

  it('take neither other values nor the classes of a program for their errors', () => {
    class Mine extends one.ConfigError {}
    expect(new one.ConfigError([]) instanceof Mine).toBe(false)
    expect(new Mine([]) instanceof Mine).toBe(true)
    expect(new Mine([]) instanceof other.ConfigError).toBe(true)
    for (const value of [undefined, null, 'x', {}, new Error('x'), Object.create(null)]) {
      for (const kind of names) expect((value as unknown) instanceof other[kind]).toBe(false)
    }
  })

  it('take sources of each other, with the file that an error is about', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'a.yaml': 'a: 1', big: 'x'.repeat(100) })
    const starting = other.createHotConfig({ sources: volume(mounted.path, { maxBytes: 50 }), logger: false })
    expect((await loadError(starting)).issues).toMatchObject([{ file: 'big' }])
  })

  it('warn as one when all sources are the environment', async () => {
    const warnings: string[] = []
    const logger = { info() {}, error() {}, warn: (_details: object, message: string) => void warnings.push(message) }
    vi.stubEnv('TC_PORT', '1')
    await using config = await other.createHotConfig({ sources: one.env({ prefix: 'TC_' }), logger })
    expect(config.health().sources[0]?.updatable).toBe(false)
    expect(warnings).toHaveLength(1)
    vi.unstubAllEnvs()
  })

  it('share the unit of work that runs', async () => {
    await using mine = await one.createHotConfig({ sources: one.values({ n: 1 }), logger: false })
    await using theirs = await other.createHotConfig({ sources: other.values({ n: 2 }), logger: false })
    await mine.run(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      expect(other.requestConfig()).toEqual({ n: 1 })
      expect(theirs.run(() => one.requestConfig())).toEqual({ n: 2 })
    })
    expect(() => other.requestConfig()).toThrow(one.NoRequestError)
  })

  it('share the request that is served', async () => {
    await using config = await one.createHotConfig({ sources: one.values({ port: 1 }), logger: false })
    const { runInRequest } = one.adapt({ config, requestContext: true })
    const request = { config: config.current } as one.ConfiguredRequest
    const server = createServer((_request, response) => {
      runInRequest?.(request, () => void setImmediate(() => response.end(JSON.stringify(other.requestConfig()))))
    }).listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => server.once('listening', resolve))
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      expect(await answer.json()).toEqual({ port: 1 })
    } finally {
      server.close()
    }
  })
})
