import { createHotConfig, env, values } from '@hot-config/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { load } from '../support/load.ts'

afterEach(() => vi.unstubAllEnvs())

function stub(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

describe('env()', () => {
  it('turns names into paths: parts by the separator, words in camel case, parts with lower-case letters unchanged', async () => {
    vi.stubEnv('ET_LOG__LEVEL', 'debug')
    vi.stubEnv('ET_DB__MAX_IDLE_TIME', '3')
    vi.stubEnv('ET_kept__As_Is', 'x')
    expect(await load({}, { sources: env({ prefix: 'ET_' }) })).toEqual({
      log: { level: 'debug' },
      db: { maxIdleTime: '3' },
      kept: { As_Is: 'x' },
    })
  })

  it.each(['', '.', 'a..b', '.a', 'a.', 'a[', 'a[b]'])('rejects what is no path in its map: %j', (path) => {
    expect(() => env({ map: { DATABASE_URL: path } })).toThrow('map.DATABASE_URL: expected a path such as "db.url"')
  })

  it('rejects an empty separator', () => {
    expect(() => env({ separator: '' })).toThrow(expect.objectContaining({ code: 'HOT_CONFIG_OPTION' }))
  })

  it('maps variables that are named by other rules, alone or beside those with the prefix', async () => {
    stub({ ET_PORT: '1', ET_DB__HOST: 'pg', DATABASE_URL: 'postgres://', LEVELS: 'debug' })
    const map = { DATABASE_URL: 'db.url', LEVELS: 'log["level.all"]', NOT_SET: 'none' }
    expect(await load({}, { sources: env({ map }) })).toEqual({
      db: { url: 'postgres://' },
      log: { 'level.all': 'debug' },
    })
    expect(await load({}, { sources: env({ prefix: 'ET_', map }) })).toEqual({
      port: '1',
      db: { host: 'pg', url: 'postgres://' },
      log: { 'level.all': 'debug' },
    })
    expect(await load({}, { sources: env({ prefix: 'ET_', map: { ET_PORT: 'http.port' } }) })).toEqual({
      http: { port: '1' },
      db: { host: 'pg' },
    })
    expect(await load({}, { sources: env({ prefix: '', map }) })).toMatchObject({
      etPort: '1',
      db: { url: 'postgres://' },
    })
  })

  it('treats names that every object inherits as names like any other', async () => {
    stub({ ET_toString: 'x', ET_constructorName: 'y' })
    expect(await load({}, { sources: env({ prefix: 'ET_', map: { valueOf: 'a' } }) })).toEqual({
      toString: 'x',
      constructorName: 'y',
    })
  })

  it('is named by a problem of its value with the variable', async () => {
    stub({ ET_PORT: 'http' })
    const schema = z.object({ port: z.coerce.number() })
    const starting = createHotConfig({ schema, sources: [values({}), env({ prefix: 'ET_' })], logger: false })
    await expect(starting).rejects.toThrow(/^env:ET_\* ET_PORT port: /)
  })
})

describe('the variables that Kubernetes sets for a service named like the prefix', () => {
  const LINKS = {
    ET_SERVICE_HOST: '10.0.48.109',
    ET_SERVICE_PORT: '9106',
    ET_SERVICE_PORT_HTTP: '9106',
    ET_SERVICE_PORT_GRPC_WEB: '9107',
    ET_PORT: 'tcp://10.0.48.109:9106',
    ET_PORT_9106_TCP: 'tcp://10.0.48.109:9106',
    ET_PORT_9106_TCP_PROTO: 'tcp',
    ET_PORT_9106_TCP_PORT: '9106',
    ET_PORT_9106_TCP_ADDR: '10.0.48.109',
    ET_PORT_53_UDP: 'udp://10.0.48.109:53',
  }

  it('are left out', async () => {
    stub({ ...LINKS, ET_LOG__LEVEL: 'debug', ET_PORTS: '2' })
    const read = { log: { level: 'debug' }, ports: '2' }
    expect(await load({}, { sources: env({ prefix: 'ET_' }) })).toEqual(read)
    expect(await load({}, { sources: [values({ port: 3000 }), env({ prefix: 'ET_' })] })).toEqual({
      ...read,
      port: 3000,
    })
  })

  it('of a service whose name begins with the prefix are left out as well', async () => {
    const redis = Object.fromEntries(
      Object.entries(LINKS).map(([name, value]) => [name.replace('ET_', 'ET_REDIS_'), value]),
    )
    stub({ ...redis, ET_REDIS__URL: 'redis://', ET_REDIS_MODE: 'cluster' })
    expect(await load({}, { sources: env({ prefix: 'ET_' }) })).toEqual({
      redis: { url: 'redis://' },
      redisMode: 'cluster',
    })
  })

  it.each([
    ['a port that somebody set', { ...LINKS, ET_PORT: '8080' }, { port: '8080' }],
    [
      'an address of another kind',
      { ...LINKS, ET_PORT: 'https://10.0.48.109:9106/path' },
      { port: 'https://10.0.48.109:9106/path' },
    ],
    ['no service', { ET_PORT: 'tcp://10.0.48.109:9106' }, { port: 'tcp://10.0.48.109:9106' }],
    ['a host alone', { ET_SERVICE_HOST: 'shop.local' }, { serviceHost: 'shop.local' }],
  ])('are read for %s', async (_what, variables, expected) => {
    stub(variables)
    expect(await load({}, { sources: env({ prefix: 'ET_' }) })).toMatchObject(expected)
  })
})
