import { ClosedError, ConfigError, SchemaError, SourceError } from '@hot-config/core'
import type { ChangeListener, HotConfig, PartListener, RejectListener } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

interface AppConfig {
  port: number
  log: { level: 'debug' | 'info' }
  servers: { host: string }[]
}

const initial: AppConfig = { port: 1, log: { level: 'info' }, servers: [{ host: 'a' }] }

/** What an application has: it takes a configuration and follows it. */
function createGreeter(config: HotConfig<AppConfig>): { greet(): string } {
  return { greet: () => `listening on ${config.current.port}` }
}

describe('a test configuration', () => {
  it('serves where an application takes a HotConfig', () => {
    const config = createTestConfig(initial)
    const greeter = createGreeter(config)
    void config.set({ ...initial, port: 2 })
    expect(greeter.greet()).toBe('listening on 2')
  })

  it('is typed by its value', () => {
    const config = createTestConfig<AppConfig>(initial)
    expectTypeOf(config).toEqualTypeOf<TestConfig<AppConfig>>()
    expectTypeOf(config.current.log.level).toEqualTypeOf<'debug' | 'info'>()
    // @ts-expect-error -- no such path
    config.onChange('log.levels', () => undefined)
    // @ts-expect-error -- all of the value is needed
    expect(() => config.set({ port: 2 })).not.toThrow()
  })

  it('holds a frozen copy and leaves the value it was given alone', () => {
    const config = createTestConfig(initial)
    expect(config.current).toEqual(initial)
    expect(Object.isFrozen(config.current.servers[0])).toBe(true)
    expect(Object.isFrozen(initial)).toBe(false)
  })

  it('can be set to its current value with a part replaced', async () => {
    const config = createTestConfig(initial)
    const { servers } = config.current
    expect(await config.set({ ...config.current, port: 2 })).toBe('changed')
    expect(config.current).toEqual({ ...initial, port: 2 })
    expect(config.current.servers).toBe(servers)
  })

  it('is not made of nothing', () => {
    expect(() => createTestConfig(undefined)).toThrow('createTestConfig: expected a value, got nothing')
  })

  it('rejects a value with a cycle and keeps the current one', async () => {
    const config = createTestConfig<Record<string, unknown>>({ a: 1 })
    const cycle: Record<string, unknown> = {}
    cycle['cycle'] = cycle
    expect(await config.set(cycle)).toBe('rejected')
    expect(config.health().lastRejection?.message).toMatch(/deeper/)
    expect(config.current).toEqual({ a: 1 })
    expect(() => createTestConfig(cycle)).toThrow(/deeper/)
  })

  it('has called its listeners when set returns', () => {
    const config = createTestConfig(initial)
    const all = vi.fn<ChangeListener<AppConfig>>()
    const level = vi.fn<PartListener<AppConfig, string>>()
    const host = vi.fn<PartListener<AppConfig, string | undefined>>()
    const unsubscribe = config.onChange(all)
    config.onChange('log.level', level)
    config.onChange(({ servers }) => servers[0]?.host, host)
    void config.set({ ...initial, log: { level: 'debug' } })
    expect(all.mock.calls[0]?.[0]).toMatchObject({ paths: ['log.level'], next: { version: 2 } })
    expect(level.mock.calls[0]?.slice(0, 2)).toEqual(['debug', 'info'])
    expect(host).not.toHaveBeenCalled()
    unsubscribe()
    void config.set(initial)
    expect(all).toHaveBeenCalledTimes(1)
  })

  it('changes nothing when it is set to an equal value', async () => {
    const config = createTestConfig(initial)
    const { snapshot } = config
    const listener = vi.fn<ChangeListener<AppConfig>>()
    config.onChange(listener)
    expect(await config.set(structuredClone(initial))).toBe('unchanged')
    expect(config.snapshot).toBe(snapshot)
    expect(listener).not.toHaveBeenCalled()
  })

  it('returns parts by path', () => {
    const config = createTestConfig(initial)
    expect(config.get('servers[0].host')).toBe('a')
  })

  it('keeps its value and reports a rejected update', () => {
    const config = createTestConfig(initial)
    const listener = vi.fn<RejectListener>()
    config.onReject(listener)
    config.reject('must be a port')
    expect(config.current).toEqual(initial)
    expect(listener).toHaveBeenCalledTimes(1)
    expect(listener.mock.calls[0]?.[0]).toMatchObject({ message: 'must be a port', error: expect.any(SchemaError) })
  })

  it('rejects with a problem and its place, or with an error', () => {
    const config = createTestConfig(initial)
    config.reject({ file: 'app.yaml', line: 3, path: 'log.level', message: 'must be one of ...' })
    expect(config.health().lastRejection).toMatchObject({
      message: 'app.yaml:3 log.level: must be one of ...',
      issues: [{ file: 'app.yaml', line: 3, path: 'log.level', message: 'must be one of ...' }],
    })
    const errors: unknown[] = []
    config.onReject(({ error }) => errors.push(error))
    config.reject({ code: 'HOT_CONFIG_SOURCE', source: 'volume:/etc/config', message: "can't be read" })
    expect(errors[0]).toBeInstanceOf(SourceError)
    const error = new ConfigError([{ code: 'HOT_CONFIG_SCHEMA', message: 'one' }])
    config.reject(error)
    expect(errors[1]).toBe(error)
  })

  it('passes, warns after a rejected update and passes again after the next good one', () => {
    const config = createTestConfig(initial)
    expect(config.health()).toMatchObject({ status: 'pass', version: 1, lastRejection: null, sources: [] })
    config.reject('must be a port')
    expect(config.health()).toMatchObject({ status: 'warn', version: 1, lastRejection: { message: 'must be a port' } })
    void config.set({ ...initial, port: 2 })
    expect(config.health()).toMatchObject({ status: 'pass', version: 2, lastRejection: null })
    config.reject('must be a port')
    void config.set({ ...initial, port: 2 })
    expect(config.health()).toMatchObject({ status: 'pass', version: 2, lastRejection: null })
  })

  it('counts changes, rejections and reloads', async () => {
    const config = createTestConfig(initial)
    expect(config.health().loadedAt).toMatch(/^\d{4}-/)
    await config.set({ ...initial, port: 2 })
    await config.set({ ...initial, port: 2 })
    config.reject('must be a port')
    await config.reload()
    expect(config.health().reloads).toEqual({ changed: 1, unchanged: 2, rejected: 1 })
  })

  it('runs hooks and resources', async () => {
    const config = createTestConfig(initial)
    const pool = await config.resource('port', (port) => ({ port }))
    const unsubscribe = config.beforeChange(({ next }) => {
      if (next.value.port === 3) throw new Error('not this one')
    })
    expect(await config.set({ ...initial, port: 2 })).toBe('changed')
    expect(pool.current).toEqual({ port: 2 })
    expect(await config.set({ ...initial, port: 3 })).toBe('rejected')
    expect(config.current.port).toBe(2)
    unsubscribe()
    await config.close()
  })

  it('has a history of changes and rejected updates', () => {
    const config = createTestConfig(initial)
    void config.set({ ...initial, port: 2 })
    config.reject('must be a port')
    expect(config.history()).toMatchObject([
      { type: 'change', version: 2, differences: [{ path: 'port', before: 1, after: 2 }] },
      { type: 'rejection', message: 'must be a port' },
    ])
  })

  it('has nothing to reload', async () => {
    const config = createTestConfig(initial)
    expect(await config.reload()).toBe('unchanged')
    expect(config.current).toEqual(initial)
  })

  it('survives listeners that fail, and counts them', () => {
    const config = createTestConfig(initial)
    const listener = vi.fn<ChangeListener<AppConfig>>()
    config.onChange(() => {
      throw new Error('broken')
    })
    config.onChange(listener)
    void config.set({ ...initial, port: 2 })
    expect(listener).toHaveBeenCalledTimes(1)
    expect(config.health().listenerErrors).toBe(1)
  })

  it('can be read but no longer changes after close', async () => {
    const config = createTestConfig(initial)
    await config.close()
    expect(config.current).toEqual(initial)
    expect(() => config.set({ ...initial, port: 2 })).toThrow(ClosedError)
    expect(() => config.reject('must be a port')).toThrow(ClosedError)
    await expect(config.reload()).rejects.toThrow(ClosedError)
    expect(config.current).toEqual(initial)
  })

  it('is closed at the end of its scope', async () => {
    let outside: TestConfig<AppConfig>
    {
      await using config = createTestConfig(initial)
      outside = config
    }
    expect(() => outside.set(initial)).toThrow(ClosedError)
  })
})
