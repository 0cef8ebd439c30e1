import { createHotConfig, values } from '@hot-config/core'
import type { InferConfig } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'

const schema = {
  port: { format: 'port', default: 8080, env: 'PINNED_TEST_PORT' },
  token: { format: String, default: '', env: 'PINNED_TEST_TOKEN', sensitive: true },
  log: { level: { format: String, default: 'info' } },
}

const start = (initial: unknown): Promise<Driven<InferConfig<typeof schema>>> =>
  drive(drivenSource(initial), { schema })

beforeEach(() => {
  vi.stubEnv('PINNED_TEST_PORT', '9090')
})

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('an entry that an environment variable gives', () => {
  it('keeps that value when an update tries to change it, and health and log name its path', async () => {
    await using running = await start({ log: { level: 'info' } })
    const { config, update, logger } = running
    expect(config.health()).toMatchObject({ status: 'pass', pinnedByEnvironment: [] })
    expect(await update({ port: 7070, log: { level: 'debug' } })).toBe('changed')
    expect(config.current).toMatchObject({ port: 9090, log: { level: 'debug' } })
    expect(config.health().pinnedByEnvironment).toEqual(['port'])
    expect(logger.at('warn')).toEqual([
      { level: 'warn', details: { paths: ['port'] }, message: 'the environment overrides the sources: port' },
    ])
  })

  it('is reported as well when an argument of the process gives it', async () => {
    const argv = process.argv
    process.argv = [...argv.slice(0, 2), '--pinned-test-level=error']
    try {
      const level = { format: String, default: 'info', arg: 'pinned-test-level' }
      const options = { sources: values({ level: 'debug' }), schema: { level }, logger: false } as const
      await using config = await createHotConfig(options)
      expect(config.current).toEqual({ level: 'error' })
      expect(config.health().pinnedByEnvironment).toEqual(['level'])
    } finally {
      process.argv = argv
    }
  })

  it('is reported when nothing else changed, and logged once', async () => {
    await using running = await start({})
    const { config, update, logger } = running
    expect(await update({ port: 7070 })).toBe('unchanged')
    expect(await update({ port: 7071 })).toBe('unchanged')
    expect(config.health()).toMatchObject({ status: 'pass', version: 1, pinnedByEnvironment: ['port'] })
    expect(logger.at('warn')).toHaveLength(1)
  })

  it('is reported at the first load as well', async () => {
    await using running = await start({ port: 7070 })
    expect(running.config.current.port).toBe(9090)
    expect(running.config.health().pinnedByEnvironment).toEqual(['port'])
  })

  it('is no longer reported when the update agrees with it or is taken back', async () => {
    await using running = await start({ port: 7070 })
    const { config, update } = running
    for (const next of [{ port: 9090 }, { port: '9090' }, {}]) {
      await update({ port: 7070 })
      expect(config.health().pinnedByEnvironment).toEqual(['port'])
      await update(next)
      expect(config.health().pinnedByEnvironment).toEqual([])
    }
  })

  it('is not reported when the sources write the same value in another way', async () => {
    vi.stubEnv('PINNED_TEST_LIST', 'a,b')
    const list = { format: Array, default: [], env: 'PINNED_TEST_LIST' }
    for (const [given, pinned] of [
      [{ port: '09090', list: ['a', 'b'] }, []],
      [{ port: ' 9090', list: 'a,b' }, []],
      [{ port: '90900', list: ['a,b'] }, ['port', 'list']],
    ] as const) {
      await using config = await createHotConfig({ sources: values(given), schema: { ...schema, list }, logger: false })
      expect(config.current).toMatchObject({ port: 9090, list: ['a', 'b'] })
      expect(config.health().pinnedByEnvironment).toEqual(pinned)
    }
  })

  it('is reported without its values, which may be secret', async () => {
    vi.stubEnv('PINNED_TEST_TOKEN', 'from-environment')
    await using running = await start({ token: 'from-source' })
    const { config, logger } = running
    expect(config.current.token).toBe('from-environment')
    expect(config.health().pinnedByEnvironment).toEqual(['token'])
    expect(JSON.stringify([config.health(), logger.lines])).not.toMatch(/from-/)
  })
})
