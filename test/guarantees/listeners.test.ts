import { ConfigError, createHotConfig, env } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { proves } from '../requirements.ts'

proves('listeners-cannot-hurt')

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
  await volume.update({ 'app.json': '{"log":{"level":"info"},"servers":[{"host":"a"},{"host":"b"}]}' })
})

afterEach(() => volume.remove())

afterEach(() => vi.unstubAllEnvs())

const edited = '{"log":{"level":"info"},"servers":[{"host":"a"},{"host":"c"}]}'

describe('onChange', () => {
  it('is called with the step from one snapshot to the next and the exact paths', async () => {
    await using config = await createHotConfig({ sources: volume.path, logger: false })
    const previous = config.snapshot
    const listener = vi.fn()
    config.onChange(listener)
    await volume.update({ 'app.json': edited })
    await eventually(() => expect(listener).toHaveBeenCalledTimes(1))
    expect(listener.mock.calls[0]?.[0]).toMatchObject({ previous, next: config.snapshot, paths: ['servers[1].host'] })
  })

  it('with a path or a selector is called only when that part changed', async () => {
    await using config = await createHotConfig({
      sources: volume.path,
      schema: (input) => input as { log: { level: string }; servers: { host: string }[] },
      logger: false,
    })
    const level = vi.fn()
    const host = vi.fn()
    const hosts = vi.fn()
    config.onChange('log.level', level)
    config.onChange('servers[1].host', host)
    config.onChange((current) => current.servers.map(({ host }) => host), hosts)
    await volume.update({ 'app.json': edited })
    await eventually(() => expect(host).toHaveBeenCalledTimes(1))
    expect(host.mock.calls[0]?.slice(0, 2)).toEqual(['c', 'b'])
    expect(hosts.mock.calls[0]?.slice(0, 2)).toEqual([
      ['a', 'c'],
      ['a', 'b'],
    ])
    expect(level).not.toHaveBeenCalled()
  })

  it('ends with the function that it returned', async () => {
    await using config = await createHotConfig({ sources: volume.path, logger: false })
    const ended = vi.fn()
    const staying = vi.fn()
    const unsubscribe = config.onChange(ended)
    config.onChange(staying)
    unsubscribe()
    await volume.update({ 'app.json': edited })
    await eventually(() => expect(staying).toHaveBeenCalledTimes(1))
    expect(ended).not.toHaveBeenCalled()
  })
})

describe('a listener that fails', () => {
  it('by throwing, rejecting or hanging is logged and counted and disturbs nothing else', async () => {
    const logger = recordingLogger()
    await using config = await createHotConfig({ sources: volume.path, logger })
    const after = vi.fn()
    config.onChange(() => {
      throw new Error('thrown')
    })
    config.onChange(async () => {
      throw new Error('rejected')
    })
    config.onChange(() => new Promise(() => {}))
    config.onChange(
      () => {
        throw new Error('selector')
      },
      () => {},
    )
    config.onChange(after)
    await volume.update({ 'app.json': edited })
    await eventually(() => expect(after).toHaveBeenCalledTimes(1))
    await eventually(() => expect(config.health().listenerErrors).toBe(3))
    expect(logger.at('error')).toHaveLength(3)
    expect(config.health().status).toBe('pass')
  })
})

describe('a listener that another one takes away', () => {
  const listens: [string, (config: HotConfig<object>, listener: () => void) => () => void][] = [
    ['onChange(listener)', (config, listener) => config.onChange(listener)],
    ['onChange(selector, listener)', (config, listener) => config.onChange((value) => value, listener)],
    ['onReject()', (config, listener) => config.onReject(listener)],
    ['onReload()', (config, listener) => config.onReload(listener)],
  ]

  it.each(listens)('is not called any more: %s', async (_what, listen) => {
    for (const way of ['unsubscribe', 'close']) {
      const source = drivenSource<object>({ n: 1 })
      await using config = await createHotConfig({ sources: source, logger: false })
      let end = (): void => undefined
      const first = vi.fn(() => (way === 'close' ? void config.close() : end()))
      const second = vi.fn()
      listen(config, first)
      end = listen(config, second)
      source.set({ n: 2 })
      await config.reload().catch(() => undefined)
      source.set(new Error('gone'))
      await config.reload().catch(() => undefined)
      expect(first).toHaveBeenCalled()
      expect(second).not.toHaveBeenCalled()
    }
  })
})

describe('what the program receives', () => {
  /** Empties everything that is not frozen. */
  const vandalize = (value: unknown, seen = new Set<unknown>()): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    for (const key of Reflect.ownKeys(value)) {
      vandalize(Reflect.get(value, key), seen)
      Reflect.deleteProperty(value, key)
    }
    if (Array.isArray(value)) Reflect.set(value, 'length', 0)
  }

  it('may be mutated without an effect on the configuration and on what others receive', async () => {
    const details = (given: object): void => vandalize(given)
    const source = drivenSource<object>({ n: 1, port: 1, pinned: 'y', list: [{ a: 1 }] })
    vi.stubEnv('VANDAL_PINNED', 'x')
    await using config = await createHotConfig({
      sources: [source, env({ prefix: 'VANDAL_' })],
      schema: (input: Record<string, unknown>) => {
        if (input['n'] === 3) throw new ConfigError([{ code: 'HOT_CONFIG_SCHEMA', path: 'n', message: 'is 3' }])
        return input
      },
      restartRequired: ['port'],
      onPendingRestart: vandalize,
      logger: { info: details, warn: details, error: details },
    })
    config.beforeChange((change) => vandalize(change))
    for (const listen of [config.onChange, config.onReject, config.onReload]) {
      listen.call(config, (given: unknown) => vandalize(given))
    }
    const rejections: number[] = []
    config.onReject(({ issues }) => rejections.push(issues.length))
    source.set({ n: 2, port: 2, pinned: 'y', list: [{ a: 2 }] })
    await config.reload()
    source.set({ n: 3, port: 2, pinned: 'y', list: [] })
    await config.reload()
    const report = (): unknown[] => [config.health(), config.history(), config.snapshot, config.current]
    const before = structuredClone(report())
    expect(rejections).toEqual([1])
    expect(before).toMatchObject([
      { status: 'warn', pendingRestart: ['port'], pinnedByEnvironment: ['pinned'], lastRejection: { issues: [{}] } },
      [{ differences: [{}, {}] }, { issues: [{}] }],
      {},
      { n: 2, port: 1 },
    ])
    vandalize([report(), await config.explain(['n', 'list'])])
    expect(report()).toEqual(before)
  })
})
