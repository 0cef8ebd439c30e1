import { createHotConfig, env, values } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { follow } from '../support/follow.ts'

beforeEach(() => {
  vi.stubEnv('PIN_PORT', '9090')
  vi.stubEnv('PIN_DB__HOST', 'from-environment')
})
afterEach(() => vi.unstubAllEnvs())

describe('a value of a source that env() hides', () => {
  it('is reported by its path in health and log, once, as long as the two differ', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'app.yaml': 'port: 9090\ndb: {host: from-environment, user: a}\nlog: info' })
    await using followed = await follow([mounted.path, env({ prefix: 'PIN_' })])
    const { config, logger } = followed
    expect(config.health()).toMatchObject({ status: 'pass', pinnedByEnvironment: [] })

    await mounted.update({ 'app.yaml': 'port: 7070\ndb: {host: from-source, user: b}\nlog: debug' })
    await followed.reports({ status: 'pass', pinnedByEnvironment: ['db.host', 'port'] })
    expect(config.current).toEqual({ port: '9090', db: { host: 'from-environment', user: 'b' }, log: 'debug' })
    await mounted.update({ 'app.yaml': 'port: 7071\ndb: {host: from-source}\nlog: debug' })
    await followed.serves({ port: '9090', db: { host: 'from-environment' }, log: 'debug' })
    expect(logger.at('warn')).toEqual([
      {
        level: 'warn',
        details: { paths: ['db.host', 'port'] },
        message: 'the environment overrides the sources: db.host, port',
      },
    ])
    expect(JSON.stringify([config.health(), logger.lines])).not.toMatch(/from-/)

    await mounted.update({ 'app.yaml': 'log: info' })
    await followed.reports({ pinnedByEnvironment: [] })
  })

  it.each([
    ['an object that is hidden by a text', { port: { http: 1 } }, ['port']],
    ['a text that is hidden by an object', { db: 'x' }, ['db']],
    ['a list', { port: [9090] }, ['port']],
    ['null', { port: null }, ['port']],
    ['the same as a number', { port: 9090, db: { port: 1 } }, []],
    ['nothing', { other: 1 }, []],
  ])('is reported for %s', async (_what, object, paths) => {
    await using config = await createHotConfig({ sources: [values(object), env({ prefix: 'PIN_' })], logger: false })
    expect(config.health().pinnedByEnvironment).toEqual(paths)
  })

  it('is none of a source after it, or of another env()', async () => {
    vi.stubEnv('PIN2_PORT', '1')
    const sources = [env({ prefix: 'PIN2_' }), env({ prefix: 'PIN_' }), values({ port: 2 })]
    await using config = await createHotConfig({ sources, logger: false })
    expect(config.current).toMatchObject({ port: 2 })
    expect(config.health().pinnedByEnvironment).toEqual([])
  })

  it('is reported beside those that convict itself takes from the environment', async () => {
    vi.stubEnv('PINNED_LEVEL', 'debug')
    const schema = {
      port: { format: 'port', default: 1 },
      level: { format: String, default: 'info', env: 'PINNED_LEVEL' },
      db: { host: { format: String, default: '' } },
    }
    const sources = [values({ port: 7070, level: 'warn' }), env({ prefix: 'PIN_' })]
    await using config = await createHotConfig({ schema, sources, logger: false })
    expect(config.current).toEqual({ port: 9090, level: 'debug', db: { host: 'from-environment' } })
    expect(config.health().pinnedByEnvironment).toEqual(['level', 'port'])
  })
})
