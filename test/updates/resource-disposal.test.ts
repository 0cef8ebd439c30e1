import { ClosedError } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { initial, poolMaker, slowPoolMaker } from '../support/pools.ts'
import type { Pool } from '../support/pools.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('a resource that was replaced', () => {
  it('is disposed of once, after the grace time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { create, dispose, ended } = poolMaker()
    const config = createTestConfig(initial)
    await config.resource('pool.size', create, { dispose, graceMs: 5_000 })
    await config.set({ ...initial, pool: { size: 2 } })
    await vi.advanceTimersByTimeAsync(4_999)
    expect(ended()).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(1)
    expect(ended()).toEqual([1, 0])
    await config.close()
    expect(ended()).toEqual([1, 1])
  })

  it('has ten seconds of grace by default', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { create, dispose, ended } = poolMaker()
    const config = createTestConfig(initial)
    await config.resource('pool.size', create, { dispose })
    await config.set({ ...initial, pool: { size: 2 } })
    await vi.advanceTimersByTimeAsync(9_999)
    expect(ended()).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(1)
    expect(ended()).toEqual([1, 0])
    await config.close()
  })

  it('is kept while create returns it again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { create, dispose, ended } = poolMaker()
    const cache = new Map<number, Pool>()
    const config = createTestConfig(initial)
    const pool = await config.resource(
      'pool.size',
      (size) => {
        const cached = cache.get(size % 2) ?? create(size % 2)
        cache.set(size % 2, cached)
        return cached
      },
      { dispose, graceMs: 1_000 },
    )
    await config.set({ ...initial, pool: { size: 3 } })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(ended()).toEqual([0])
    await config.set({ ...initial, pool: { size: 2 } })
    await config.set({ ...initial, pool: { size: 1 } })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(pool.current.size).toBe(1)
    expect(ended()).toEqual([0, 1])
    await config.close()
    expect(ended()).toEqual([1, 1])
  })

  it('does not keep the process alive', async () => {
    const config = createTestConfig(initial)
    await config.resource('pool.size', (size) => ({ size }), { graceMs: 60_000 })
    const before = process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
    await config.set({ ...initial, pool: { size: 2 } })
    // those that are unref'd are not listed
    expect(process.getActiveResourcesInfo().filter((type) => type === 'Timeout')).toHaveLength(before)
    await config.close()
  })

  it('is logged and counted when disposing of it throws or rejects, and disturbs nobody', async () => {
    const { config, update, logger } = await drive(drivenSource({ size: 1 }))
    await config.resource('size', (size) => ({ size }), {
      graceMs: 0,
      dispose: () => Promise.reject(new Error('rejected')),
    })
    await config.resource('size', (size) => ({ size }), {
      graceMs: 0,
      dispose: () => {
        throw new Error('thrown')
      },
    })
    expect(await update({ size: 2 })).toBe('changed')
    await eventually(() => expect(config.health().listenerErrors).toBe(2))
    expect(logger.at('error')).toMatchObject([
      {
        message: 'a resource could not be disposed of (resource 1 of 2)',
        details: { error: expect.stringMatching(/rejected|thrown/) },
      },
      {
        message: 'a resource could not be disposed of (resource 2 of 2)',
        details: { error: expect.stringMatching(/rejected|thrown/) },
      },
    ])
    expect(config.health().status).toBe('pass')
    await config.close()
    expect(config.health().listenerErrors).toBe(4)
  })
})

describe('close()', () => {
  it('disposes at once of what is in use and of what has grace left, each once, and waits for that', async () => {
    const { create, ended } = poolMaker()
    const config = createTestConfig(initial)
    const going = gate()
    const dispose = vi.fn(async (pool: Pool) => {
      await going.passed
      pool.ended++
    })
    await config.resource('pool.size', create, { dispose, graceMs: 60_000 })
    await config.set({ ...initial, pool: { size: 2 } })
    await config.set({ ...initial, pool: { size: 3 } })
    const closes = [config.close(), config.close()]
    await eventually(() => expect(dispose).toHaveBeenCalledTimes(3))
    let closed = false
    void Promise.race(closes).then(() => (closed = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(false)
    going.open()
    await Promise.all(closes)
    await config.close()
    expect(ended()).toEqual([1, 1, 1])
  })

  it('disposes of a resource that is still being built for the first time', async () => {
    const { create, begun, started, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', create, { dispose })
    await begun(1)
    const closed = config.close()
    await expect(first).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(started[0]?.signal.aborted).toBe(true)
    started[0]?.finish()
    await eventually(() => expect(ended()).toEqual([1]))
  })

  it('disposes of a resource that is still being built for an update', async () => {
    const { build, begun, started, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    await build(config, { dispose })
    const set = config.set({ ...initial, pool: { size: 2 } })
    await begun(2)
    const closed = config.close()
    await expect(set).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(ended()).toEqual([1])
    started[1]?.finish()
    await eventually(() => expect(ended()).toEqual([1, 1]))
  })

  it('disposes of what was built for an update that it ends, and waits for that', async () => {
    const slow = slowPoolMaker()
    const { create, ended, made } = poolMaker()
    const config = createTestConfig(initial)
    await slow.build(config)
    await config.resource('pool.size', create, {
      dispose: async (pool) => {
        await new Promise((resolve) => setImmediate(resolve))
        pool.ended++
      },
    })
    const set = config.set({ ...initial, pool: { size: 2 } })
    await slow.begun(2)
    expect(made).toHaveLength(2)
    await config.close()
    await expect(set).rejects.toBeInstanceOf(ClosedError)
    expect(ended()).toEqual([1, 1])
  })

  it('may be called by dispose, which is still called only once', async () => {
    const config = createTestConfig(initial)
    const dispose = vi.fn(() => void config.close())
    await config.resource('pool.size', (size) => ({ size }), { dispose })
    await config.close()
    expect(dispose).toHaveBeenCalledTimes(1)
  })

  it('is called at the end of a scope', async () => {
    const { create, dispose, ended } = poolMaker()
    {
      await using config = createTestConfig(initial)
      await config.resource('pool.size', create, { dispose })
    }
    expect(ended()).toEqual([1])
  })
})
