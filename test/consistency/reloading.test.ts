import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ClosedError, ConfigError, NotReadyError, createHotConfig, startHotConfig, values } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { inotifyWatches } from '../support/inotify.ts'
import { recordingLogger } from '../support/recording-logger.ts'

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
})

afterEach(() => volume.remove())

/** A source driven by hand. */
function manual(initial: Record<string, unknown>) {
  let held = initial
  let notify = (): void => {}
  const source: Source = {
    name: 'manual',
    read: async () => ({ revision: 'r', entries: [{ path: [], value: held }] }),
    watch: ({ changed }) => {
      notify = changed
      return { by: 'hand', warnings: [], close: () => {} }
    },
  }
  return {
    source,
    set(next: Record<string, unknown>) {
      held = next
      notify()
    },
  }
}

describe('reload', () => {
  it('tells whether the configuration changed, stayed or was rejected', async () => {
    const { source, set } = manual({ port: 1 })
    await using config = await createHotConfig({
      sources: source,
      schema: z.object({ port: z.number() }),
      logger: false,
    })
    expect(await config.reload()).toBe('unchanged')
    set({ port: 2 })
    expect(await config.reload()).not.toBe('rejected')
    expect(config.current.port).toBe(2)
    set({ port: 'x' })
    expect(await config.reload()).toBe('rejected')
    expect(config.current.port).toBe(2)
  })

  it('does not validate again what has the same bytes', async () => {
    await volume.update({ 'app.json': '{"a":1}' })
    const schema = vi.fn((input: Record<string, unknown>) => input)
    await using config = await createHotConfig({ sources: volume.path, schema, logger: false })
    for (let time = 0; time < 5; time++) expect(await config.reload()).toBe('unchanged')
    expect(schema).toHaveBeenCalledTimes(1)
  })

  it('does not swap when other bytes mean the same', async () => {
    await volume.update({ 'app.json': '{"a":1,"b":2}' })
    await using config = await createHotConfig({ sources: volume.path, logger: false })
    const before = config.snapshot
    const listener = vi.fn()
    config.onChange(listener)
    await volume.update({ 'app.json': '{ "b": 2, "a": 1 }' })
    await vi.waitFor(() => expect(config.health().reloads.unchanged).toBeGreaterThan(0), 5_000)
    expect(config.snapshot).toBe(before)
    expect(listener).not.toHaveBeenCalled()
  })

  it('runs exactly once more for all the changes that arrive while one is at work', async () => {
    const { source, set } = manual({ n: 0 })
    let running = 0
    let runs = 0
    const schema = async (input: Record<string, unknown>): Promise<Record<string, unknown>> => {
      expect(++running).toBe(1)
      runs++
      await delay(20)
      running--
      return input
    }
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    for (let n = 1; n <= 100; n++) set({ n })
    await vi.waitFor(() => expect(config.current['n']).toBe(100), 5_000)
    await config.reload()
    expect(runs).toBeLessThanOrEqual(4)
  })

  it('ends on the last content although a validation before it takes longer', async () => {
    const { source, set } = manual({ n: 0, ms: 0 })
    const schema = async (input: Record<string, unknown>): Promise<Record<string, unknown>> => {
      await delay(input['ms'] as number)
      return input
    }
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    set({ n: 1, ms: 60 })
    set({ n: 2, ms: 60 })
    set({ n: 3, ms: 0 })
    await vi.waitFor(() => expect(config.current['n']).toBe(3), 5_000)
    expect(await config.reload()).toBe('unchanged')
  })

  it('tries again what was rejected when asked to', async () => {
    let up = true
    const schema = (input: Record<string, unknown>): Record<string, unknown> => {
      if (!up) throw new Error('the directory service is down')
      return input
    }
    const { source, set } = manual({ n: 0 })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    up = false
    set({ n: 1 })
    expect(await config.reload()).toBe('rejected')
    up = true
    expect(await config.reload()).toBe('changed')
    expect(config.current['n']).toBe(1)
  })
})

describe('a rejection', () => {
  it('leaves the last good snapshot, tells who listens, and is over with the next good update', async () => {
    const logger = recordingLogger()
    await volume.update({ 'app.yaml': 'port: 1' })
    await using config = await createHotConfig({
      sources: volume.path,
      schema: z.object({ port: z.number() }),
      logger,
    })
    const before = config.snapshot
    const onReject = vi.fn()
    config.onReject(onReject)
    await volume.update({ 'app.yaml': 'a: b\nport: high' })
    await vi.waitFor(() => expect(onReject).toHaveBeenCalledTimes(1), 5_000)
    expect(onReject.mock.calls[0]?.[0]).toMatchObject({
      source: `volume:${volume.path}`,
      issues: [{ file: 'app.yaml', line: 2, column: 1, path: 'port', code: 'HOT_CONFIG_SCHEMA' }],
    })
    expect(config.snapshot).toBe(before)
    expect(config.health()).toMatchObject({ status: 'warn', version: 1, lastRejection: { issues: [{ path: 'port' }] } })
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    await volume.update({ 'app.yaml': 'port: 2' })
    await vi.waitFor(
      () => expect(config.health()).toMatchObject({ status: 'pass', version: 2, lastRejection: null }),
      5_000,
    )
    expect(config.history().map(({ type }) => type)).toEqual(['rejection', 'change'])
  })

  it('is over as well when the update is taken back', async () => {
    await volume.update({ port: '1' })
    await using config = await createHotConfig({
      sources: volume.path,
      schema: z.object({ port: z.coerce.number() }),
      logger: false,
    })
    await volume.update({ port: 'x' })
    await vi.waitFor(() => expect(config.health().status).toBe('warn'), 5_000)
    await volume.update({ port: '1' })
    await vi.waitFor(() => expect(config.health()).toMatchObject({ status: 'pass', version: 1 }), 5_000)
  })

  it('of a source that stays unreadable is one, not one for every look', async () => {
    let broken = false
    const source: Source = {
      name: 'flaky',
      read: async () => {
        if (broken) throw new Error('EIO')
        return { revision: '1', entries: [] }
      },
    }
    const logger = recordingLogger()
    await using config = await createHotConfig({ sources: source, logger })
    const onReject = vi.fn()
    config.onReject(onReject)
    broken = true
    for (let time = 0; time < 10; time++) expect(await config.reload()).toBe('rejected')
    expect(onReject).toHaveBeenCalledTimes(1)
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(config.health().reloads.rejected).toBe(10)
  })
})

describe('the first load', () => {
  it('fails with one error that lists every problem', async () => {
    await volume.update({ 'a.yaml': 'a: [', 'b.json': '{', 'c.toml': 'c = 1' })
    const error: unknown = await createHotConfig({ sources: [volume.path, '/no/such.yaml'], logger: false }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ConfigError)
    const { issues, message } = error as ConfigError
    expect(issues.map(({ file, code }) => [file, code])).toEqual([
      ['a.yaml', 'HOT_CONFIG_SYNTAX'],
      ['b.json', 'HOT_CONFIG_SYNTAX'],
      [undefined, 'HOT_CONFIG_SOURCE'],
    ])
    for (const part of ['a.yaml:1', 'b.json:1', 'file:/no/such.yaml', 'ENOENT']) expect(message).toContain(part)
  })

  it('asks about the mount when a folder is missing, beside what the system says', async () => {
    const starting = createHotConfig({ sources: '/no/such/folder', logger: false })
    await expect(starting).rejects.toThrow(
      "volume:/no/such/folder: can't be read: ENOENT: no such file or directory, scandir '/no/such/folder'; " +
        'is the ConfigMap or Secret mounted there?',
    )
  })

  it.each([
    ['a link that leads back to itself', 'loop', 'volume', 'ELOOP'],
    ['a path below a file', 'file/app.yaml', 'file', 'ENOTDIR'],
  ])('fails with an error that names the source for %s', async (_what, name, kind, code) => {
    const path = join(volume.path, name)
    await symlink('loop', join(volume.path, 'loop'))
    await writeFile(join(volume.path, 'file'), '')
    const { ready } = startHotConfig({ sources: path, logger: false })
    const error: unknown = await ready.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).issues).toMatchObject([{ code: 'HOT_CONFIG_SOURCE', source: `${kind}:${path}` }])
    expect((error as ConfigError).message).toContain(code)
  })

  it('leaves nothing behind when it fails', async () => {
    await volume.update({ 'a.yaml': 'a: [' })
    const before = inotifyWatches()
    await expect(createHotConfig({ sources: volume.path, logger: false })).rejects.toThrow('a.yaml')
    expect(inotifyWatches()).toBe(before)
  })

  it('leaves nothing behind when a source can not be watched', async () => {
    await volume.update({ a: '1' })
    const before = inotifyWatches()
    const unwatchable: Source = {
      ...manual({}).source,
      watch: () => {
        throw new Error('no watch for you')
      },
    }
    await expect(createHotConfig({ sources: [volume.path, unwatchable], logger: false })).rejects.toThrow('no watch')
    expect(inotifyWatches()).toBe(before)
  })

  it('is waited for by startHotConfig in ready, and until then health fails and current throws', async () => {
    const { config, ready } = startHotConfig({ sources: values({ a: 1 }), logger: false })
    expect(config.health()).toMatchObject({ status: 'fail', version: 0, digest: null })
    expect(() => config.current).toThrow(NotReadyError)
    expect(await ready).toBe(config)
    expect(config.health()).toMatchObject({ status: 'pass', version: 1 })
    await config.close()
  })
})

describe('close', () => {
  it('leaves nothing that keeps the process alive, and the last snapshot readable', async () => {
    await volume.update({ a: '1' })
    const before = inotifyWatches()
    const config = await createHotConfig({ sources: volume.path, recheckMs: 10, logger: false })
    const listener = vi.fn()
    config.onChange(listener)
    await config.close()
    expect(inotifyWatches()).toBe(before)
    expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap')
    await volume.update({ a: '2' })
    await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
    expect(config.current).toEqual({ a: '1' })
    expect(listener).not.toHaveBeenCalled()
  })

  it('drops the update that is under way', async () => {
    const { source, set } = manual({ n: 0 })
    let release = (): void => {}
    const schema = async (input: Record<string, unknown>): Promise<Record<string, unknown>> => {
      if (input['n'] === 1) await new Promise<void>((resolve) => (release = resolve))
      return input
    }
    const config = await createHotConfig({ sources: source, schema, logger: false })
    set({ n: 1 })
    const reload = config.reload()
    await delay(0)
    await config.close()
    release()
    await expect(reload).rejects.toBeInstanceOf(ClosedError)
    expect(config.current).toEqual({ n: 0 })
  })

  it('comes by itself when the signal aborts or the scope ends', async () => {
    const controller = new AbortController()
    const config = await createHotConfig({ sources: values({}), signal: controller.signal, logger: false })
    controller.abort()
    await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
    const scoped = await createHotConfig({ sources: values({}), logger: false })
    await scoped[Symbol.asyncDispose]()
    await expect(scoped.reload()).rejects.toBeInstanceOf(ClosedError)
  })
})

describe('options', () => {
  it.each([
    [{ source: '/etc/config' }, 'source: unknown option (did you mean "sources"?)'],
    [{ sources: 5 }, 'sources: expected a path'],
    [{ sources: [''] }, 'sources: expected a path'],
    [{ recheckMs: 0 }, 'recheckMs: expected a positive number of milliseconds'],
    [{ redact: 'password' }, 'redact: expected a list'],
    [{ logger: {} }, 'logger: expected functions'],
    [{ sources: values({}), schema: 5 }, 'schema: expected'],
  ])('%j is refused', async (options, message) => {
    await expect(createHotConfig(options as never)).rejects.toThrow(message)
  })

  it('default to the path that HOT_CONFIG_PATH names and to no schema', async () => {
    await volume.update({ 'log.level': 'debug' })
    process.env['HOT_CONFIG_PATH'] = volume.path
    try {
      await using config = await createHotConfig()
      expect(config.current).toEqual({ log: { level: 'debug' } })
    } finally {
      delete process.env['HOT_CONFIG_PATH']
    }
  })
})
