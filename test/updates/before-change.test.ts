import { ConfigError, createHotConfig, OptionError, VetoError } from '@hot-config/core'
import type { BeforeChangeHook } from '@hot-config/core'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { outwardText } from '../support/outward.ts'
import { positive } from '../support/schemas.ts'
import type { Numbered } from '../support/schemas.ts'
import { waitingHook } from '../support/waiting-hook.ts'

/** A configuration whose schema rejects a negative `n`. */
const start = (initial: Numbered = { n: 1 }): Promise<Driven<Numbered>> =>
  drive(drivenSource(initial), { schema: positive })

describe('a beforeChange hook', () => {
  it('sees what is next, what was before and the paths between them, while the old value still serves', async () => {
    await using running = await start({ n: 1, same: { a: 1 } })
    const { config, update } = running
    const { snapshot } = config
    const hook = vi.fn<BeforeChangeHook<Numbered>>(({ previous, next, paths, signal }) => {
      expect(previous).toBe(snapshot)
      expect(config.snapshot).toBe(snapshot)
      expect(next).toMatchObject({ version: 2, value: { n: 2, same: { a: 1 } } })
      expect(next.value['same']).toBe(previous.value['same'])
      expect(Object.isFrozen(next.value)).toBe(true)
      expect(paths).toEqual(['n'])
      expect(signal.aborted).toBe(false)
    })
    config.beforeChange(hook)
    expect(await update({ n: 2, same: { a: 1 } })).toBe('changed')
    expect(hook).toHaveBeenCalledTimes(1)
    expect(config.snapshot).toBe(hook.mock.calls[0]?.[0].next)
  })

  it('is awaited, with the hooks after it, before the update is served', async () => {
    await using running = await start()
    const { config, source } = running
    const order: string[] = []
    const first = waitingHook()
    config.beforeChange(async (change) => {
      order.push('first starts')
      await first.hook(change)
      order.push('first ends')
    })
    config.beforeChange(() => order.push('second'))
    config.onChange(() => order.push('listener'))
    source.set({ n: 2 })
    source.notify()
    await first.started(1)
    expect(order).toEqual(['first starts'])
    expect(config.current.n).toBe(1)
    first.gates[0]?.open()
    await running.serves({ n: 2 })
    expect(order).toEqual(['first starts', 'first ends', 'second', 'listener'])
  })

  it('is not called for the first load, nor for updates that change nothing or fail the schema', async () => {
    await using running = await start()
    const { config, source, update } = running
    const hook = vi.fn()
    config.beforeChange(hook)
    source.notify()
    expect(await config.reload()).toBe('unchanged')
    expect(await update({ n: -1 })).toBe('rejected')
    expect(await update({ n: 1 })).toBe('unchanged')
    expect(hook).not.toHaveBeenCalled()
  })

  it('is removed by the function that adding it returned, even between two hooks', async () => {
    await using running = await start()
    const { config, update } = running
    const second = vi.fn()
    config.beforeChange(() => unsubscribe())
    const unsubscribe = config.beforeChange(second)
    expect(await update({ n: 2 })).toBe('changed')
    expect(second).not.toHaveBeenCalled()
  })

  it('may itself cause an update, which replaces the one that it saw', async () => {
    const config = createTestConfig({ n: 1 })
    const results: Promise<string>[] = []
    config.beforeChange(({ next }) => {
      if (next.value.n === 2) results.push(config.set({ n: 3 }))
    })
    results.push(config.set({ n: 2 }))
    expect(await results[0]).toBe('changed')
    expect(await results[1]).toBe('changed')
    expect(config.current.n).toBe(3)
    expect(config.health().reloads.changed).toBe(1)
    await config.close()
  })
})

describe('a veto', () => {
  it.each([
    ['throwing', () => Promise.reject(new Error('the pool would be too small'))],
    ['throwing at once', () => expect.fail('the pool would be too small')],
  ])('by %s keeps the last good snapshot and is a rejection', async (_how, hook) => {
    await using running = await start()
    const { config, update, rejections, logger } = running
    const before = config.snapshot
    const after = vi.fn()
    const onChange = vi.fn()
    config.beforeChange(hook)
    config.beforeChange(after)
    config.onChange(onChange)
    expect(await update({ n: 2 })).toBe('rejected')
    expect(config.snapshot).toBe(before)
    expect(rejections).toHaveLength(1)
    const [rejection] = rejections
    expect(rejection?.error).toBeInstanceOf(VetoError)
    expect(rejection).toMatchObject({
      message: 'vetoed before the change: the pool would be too small (hook 1 of 2)',
      issues: [{ code: 'HOT_CONFIG_VETO' }],
      error: { code: 'HOT_CONFIG_VETO', cause: { message: 'the pool would be too small' } },
    })
    expect(config.health()).toMatchObject({
      status: 'warn',
      version: 1,
      lastRejection: { message: rejection?.message },
      reloads: { changed: 0 },
    })
    expect(config.history()).toMatchObject([{ type: 'rejection', issues: [{ code: 'HOT_CONFIG_VETO' }] }])
    expect(logger.at('warn')).toHaveLength(1)
    expect(after).not.toHaveBeenCalled()
    expect(onChange).not.toHaveBeenCalled()
  })

  it('ends with the next update that no hook vetoes', async () => {
    await using running = await start()
    const { config, update } = running
    config.beforeChange(({ next }) => {
      if (next.value.n === 2) throw new Error('not two')
    })
    expect(await update({ n: 2 })).toBe('rejected')
    expect(await update({ n: 3 })).toBe('changed')
    expect(config.health()).toMatchObject({ status: 'pass', version: 2, lastRejection: null })
  })

  it('is decided again by each reload(), and is one rejection as long as nothing changes', async () => {
    await using running = await start()
    const { config, update, rejections } = running
    let ready = false
    const hook = vi.fn(() => {
      if (!ready) throw new Error('the database is down')
    })
    config.beforeChange(hook)
    expect(await update({ n: 2 })).toBe('rejected')
    const calls = hook.mock.calls.length
    expect(await config.reload()).toBe('rejected')
    expect(hook.mock.calls.length).toBe(calls + 1)
    expect(rejections).toHaveLength(1)
    ready = true
    expect(await config.reload()).toBe('changed')
  })

  it.each([
    ['nothing', undefined],
    ['text', 'just text'],
    ['an object without a prototype', Object.create(null)],
    ['an error with a strange message', Object.assign(new Error('x'), { message: 5n })],
  ])('by throwing %s is a rejection as well', async (_what, thrown: unknown) => {
    await using running = await start()
    const { config, update } = running
    config.beforeChange(() => Promise.reject(thrown))
    expect(await update({ n: 2 })).toBe('rejected')
    expect(config.health().lastRejection?.issues).toHaveLength(1)
  })

  it('is what a hook that takes too long ends with, and its signal aborts', async () => {
    await using running = await start()
    const { config, update } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook, { timeoutMs: 20 })
    expect(await update({ n: 2 })).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe('vetoed before the change: not done within 20 ms')
    expect(waiting.signals[0]?.reason).toMatchObject({ name: 'TimeoutError' })
    // its result no longer counts
    waiting.gates[0]?.fail(new Error('too late'))
    expect(config.current.n).toBe(1)
  })

  it('needs a time limit that a timer can wait for', async () => {
    const config = createTestConfig({ n: 1 })
    for (const timeoutMs of [Number.NaN, -1, Infinity, 2 ** 31]) {
      expect(() => config.beforeChange(() => {}, { timeoutMs })).toThrow(OptionError)
      await expect(config.resource('n', (n) => n, { timeoutMs })).rejects.toThrow('timeoutMs: expected a number')
      await expect(config.resource('n', (n) => n, { graceMs: timeoutMs })).rejects.toThrow('graceMs: expected a number')
    }
    await config.close()
  })

  it('never shows the secrets that it quotes, in any of their forms', async () => {
    await using running = await drive(drivenSource({ password: 'first"secret', n: 1 }), { redact: ['password'] })
    const { config, update, rejections, logger } = running
    const quoted: string[] = []
    config.beforeChange(({ previous, next }) => {
      quoted.push(JSON.stringify(previous.value), String(next.value['password']))
      if (next.value['n'] === 2) return
      const deep = new Error(`deep ${quoted.join()}`)
      throw Object.assign(new TypeError(`quotes ${quoted.join()}`, { cause: deep }), { code: 'E_QUOTED' })
    })
    expect(await update({ password: 'first"secret-2', n: 2 })).toBe('changed')
    expect(await update({ password: 'third-secret', n: 3 })).toBe('rejected')
    const text = outwardText(config, logger, rejections)
    expect(text).toContain('quotes')
    expect(text).toContain('E_QUOTED')
    expect(text).not.toMatch(/first|secret|-2\b/)
  })

  it('names source, file and line of the paths of a ConfigError', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1\ndb:\n  max: 1\n' })
    await using config = await createHotConfig({ sources: volume.path, logger: false })
    config.beforeChange(() => {
      throw new ConfigError([
        { code: 'HOT_CONFIG_SCHEMA', path: 'db.max', message: 'must be odd' },
        { code: 'HOT_CONFIG_SCHEMA', path: 'db.min', message: 'is missing' },
        { code: 'HOT_CONFIG_SCHEMA', message: 'makes no sense' },
      ])
    })
    await volume.update({ 'app.yaml': 'a: 1\ndb:\n  max: 2\n' })
    await eventually(() => expect(config.health().lastRejection).not.toBeNull())
    const place = { source: `volume:${volume.path}`, file: 'app.yaml' }
    const vetoed = (why: string): string => `vetoed before the change: ${why}`
    expect(config.health().lastRejection).toMatchObject({
      source: place.source,
      message: `${place.source} app.yaml:3:3 db.max: ${vetoed('must be odd')} (and 2 more)`,
      issues: [
        { ...place, line: 3, path: 'db.max', message: vetoed('must be odd') },
        { ...place, line: 2, path: 'db.min', message: vetoed('is missing') },
        { message: vetoed('makes no sense') },
      ],
    })
    expect(config.health().lastRejection?.issues[2]).not.toHaveProperty('source')
  })

  it('names the paths of several problems by a ConfigError, and no secret', async () => {
    const config = createTestConfig<Record<string, unknown>>({ a: 1, db: { password: 'first-of-all' } })
    config.beforeChange(() => {
      throw new ConfigError([
        { code: 'HOT_CONFIG_SCHEMA', path: 'a', message: 'must not change' },
        { code: 'HOT_CONFIG_SCHEMA', path: 'db.password.x', message: 'is second-of-all' },
      ])
    })
    expect(await config.set({ a: 2, db: { password: 'second-of-all' } })).toBe('rejected')
    expect(config.health().lastRejection?.issues).toEqual([
      { path: 'a', message: 'vetoed before the change: must not change' },
      { path: 'db.password', message: 'vetoed before the change: is [redacted]' },
    ])
  })
})
