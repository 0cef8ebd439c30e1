import { ClosedError, createHotConfig, NotReadyError, ResourceError, startHotConfig, values } from '@hot-config/core'
import type { CreateResource, Rejection } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'

import { drivenSource, gate } from '../support/driven-source.ts'
import { recordingLogger } from '../support/recording-logger.ts'

interface Pool {
  readonly size: number
  ended: number
}

/** Makes pools, and remembers each of them. */
function poolMaker() {
  const made: Pool[] = []
  const create = vi.fn((size: number): Pool => {
    const pool = { size, ended: 0 }
    made.push(pool)
    return pool
  })
  const dispose = vi.fn((pool: Pool) => void pool.ended++)
  return { made, create, dispose, ended: () => made.map(({ ended }) => ended) }
}

/** Makes pools one by one, each when the test says so, whatever becomes of the signal. */
function slowPoolMaker() {
  const { made, dispose, ended } = poolMaker()
  const started: { size: number; signal: AbortSignal; finish: () => void; fail: (error: unknown) => void }[] = []
  const create: CreateResource<number, Pool> = async (size, { signal }) => {
    const here = gate()
    started.push({ size, signal, finish: () => here.open(), fail: here.fail })
    await here.passed
    const pool = { size, ended: 0 }
    made.push(pool)
    return pool
  }
  const begun = (times: number): Promise<void> => vi.waitFor(() => expect(started).toHaveLength(times), 5_000)
  return { made, create, dispose, ended, started, begun }
}

const initial = { pool: { size: 1 }, log: 'info' }

afterEach(() => {
  vi.useRealTimers()
})

describe('a resource', () => {
  it('is built at once, from the part that a path or a selector names', async () => {
    await using config = createTestConfig(initial)
    const byPath = await config.resource('pool.size', (size) => ({ size }))
    const bySelector = await config.resource(
      ({ pool, log }) => ({ ...pool, log }),
      async (part) => part,
    )
    expectTypeOf(byPath.current).toEqualTypeOf<{ size: number }>()
    expect(byPath.current).toEqual({ size: 1 })
    expect(bySelector.current).toEqual({ size: 1, log: 'info' })
  })

  it('is built anew only when its part changed', async () => {
    const { create, made, dispose } = poolMaker()
    await using config = createTestConfig(initial)
    const pool = await config.resource('pool.size', create, { dispose })
    await config.set({ ...initial, log: 'debug' })
    expect(create).toHaveBeenCalledTimes(1)
    await config.set({ pool: { size: 2 }, log: 'debug' })
    expect(create.mock.calls.map(([size]) => size)).toEqual([1, 2])
    expect(pool.current).toBe(made[1])
  })

  it('is built before the swap, and switches at the same instant as the configuration', async () => {
    const { create, begun, started } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const first = config.resource('pool.size', create)
    await begun(1)
    started[0]?.finish()
    const pool = await first
    const seen: [number, number][] = []
    const look = (): unknown => seen.push([pool.current.size, config.current.pool.size])
    config.onChange(look)
    config.beforeChange(look)
    const set = config.set({ ...initial, pool: { size: 2 } })
    await begun(2)
    look()
    started[1]?.finish()
    // looks after every microtask until it is done
    let done = false
    void set.then(() => (done = true))
    while (!done) {
      look()
      await Promise.resolve()
    }
    look()
    expect(seen.every(([built, configured]) => built === configured)).toBe(true)
    expect(seen.at(-1)).toEqual([2, 2])
  })

  it('throws what create throws the first time, and leaves nothing behind', async () => {
    await using config = createTestConfig(initial)
    const failing = config.resource('pool.size', () => Promise.reject(new RangeError('too small')))
    await expect(failing).rejects.toThrow(RangeError)
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('changed')
  })

  it('can be asked for only between the first load and close()', async () => {
    const { config, ready } = startHotConfig({ sources: values({ a: 1 }), logger: false })
    await expect(config.resource('a', (a) => a)).rejects.toBeInstanceOf(NotReadyError)
    await ready
    expect((await config.resource('a', (a) => a)).current).toBe(1)
    await config.close()
    await expect(config.resource('a', (a) => a)).rejects.toBeInstanceOf(ClosedError)
  })

  it('gets a signal that does not abort once it is built', async () => {
    const signals: AbortSignal[] = []
    const config = createTestConfig(initial)
    await config.resource('pool.size', (_size, { signal }) => signals.push(signal), { timeoutMs: 20 })
    await config.set({ ...initial, pool: { size: 2 } })
    // later than its time limit
    await expect(config.resource('log', () => new Promise(() => {}), { timeoutMs: 40 })).rejects.toThrow('40 ms')
    await config.close()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
  })
})

describe('a resource that cannot be built anew', () => {
  it('has the update rejected with HOT_CONFIG_RESOURCE, and the one there is works on', async () => {
    const { source, set } = drivenSource({ size: 1 })
    const { create, made, dispose } = poolMaker()
    await using config = await createHotConfig({ sources: source, logger: false })
    const onReject = vi.fn<(rejection: Rejection) => void>()
    config.onReject(onReject)
    const pool = await config.resource(
      ({ size }) => size as number,
      (size) => {
        if (size === 2) throw new Error('too many connections')
        return create(size)
      },
      { dispose },
    )
    set({ size: 2 })
    expect(await config.reload()).toBe('rejected')
    expect(onReject.mock.calls[0]?.[0]).toMatchObject({
      message: 'a resource could not be built: too many connections',
      issues: [{ code: 'HOT_CONFIG_RESOURCE' }],
    })
    expect(onReject.mock.calls[0]?.[0].error).toBeInstanceOf(ResourceError)
    expect(config.current).toEqual({ size: 1 })
    expect(config.health()).toMatchObject({ status: 'warn', version: 1 })
    expect(pool.current).toBe(made[0])
    expect(dispose).not.toHaveBeenCalled()
    set({ size: 3 })
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
  })

  it('as its selector throws, neither', async () => {
    await using config = createTestConfig<{ db?: { host: string } }>({ db: { host: 'a' } })
    const selected = await config.resource(
      ({ db }) => {
        if (!db) throw new Error('no database')
        return db.host
      },
      (host) => ({ host }),
    )
    expect(await config.set({})).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe('a resource could not be built: no database')
    expect(selected.current).toEqual({ host: 'a' })
  })

  it('in time, neither; what comes too late is disposed of', async () => {
    const { create, begun, started, made, dispose, ended } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const first = config.resource('pool.size', create, { dispose, timeoutMs: 200 })
    await begun(1)
    started[0]?.finish()
    const pool = await first
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe('a resource could not be built: not done within 200 ms')
    expect(started[1]?.signal.reason).toMatchObject({ name: 'TimeoutError' })
    started[1]?.finish()
    await vi.waitFor(() => expect(ended()).toEqual([0, 1]), 5_000)
    expect(pool.current).toBe(made[0])
  })

  it('takes all others along: they are all taken or none', async () => {
    const [a, b] = [poolMaker(), poolMaker()]
    await using config = createTestConfig(initial)
    const first = await config.resource('pool.size', a.create, { dispose: a.dispose })
    let fails = true
    const second = await config.resource('pool.size', (size) => ({ size }))
    const third = await config.resource(
      'pool.size',
      async (size) => {
        await Promise.resolve()
        if (fails && size === 2) throw new Error('no')
        return b.create(size)
      },
      { dispose: b.dispose },
    )
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('rejected')
    expect([first, second, third].map(({ current }) => current.size)).toEqual([1, 1, 1])
    // what had been built for the update
    expect(a.ended()).toEqual([0, 1])
    expect(b.ended()).toEqual([0])
    fails = false
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('changed')
    expect([first, second, third].map(({ current }) => current.size)).toEqual([2, 2, 2])
  })

  it('is not built at all when a hook vetoes', async () => {
    const { create } = poolMaker()
    await using config = createTestConfig(initial)
    await config.resource('pool.size', create)
    config.beforeChange(() => Promise.reject(new Error('no')))
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('rejected')
    expect(create).toHaveBeenCalledTimes(1)
  })
})

describe('one that was replaced', () => {
  it('is disposed of once, after the time of grace', async () => {
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

  it('has ten seconds unless it says otherwise', async () => {
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

  it('stays while it is in use again, when create gives one that it gave before', async () => {
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
    const logger = recordingLogger()
    const { source, set } = drivenSource({ size: 1 })
    const config = await createHotConfig({ sources: source, logger })
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
    set({ size: 2 })
    expect(await config.reload()).toBe('changed')
    await vi.waitFor(() => expect(config.health().listenerErrors).toBe(2), 5_000)
    const errors = logger.lines.filter(({ level }) => level === 'error')
    expect(errors).toMatchObject([
      { message: 'a resource could not be disposed of', details: { error: /rejected|thrown/ } },
      { message: 'a resource could not be disposed of', details: { error: /rejected|thrown/ } },
    ])
    expect(config.health().status).toBe('pass')
    await config.close()
    expect(config.health().listenerErrors).toBe(4)
  })
})

describe('an update that arrives while a resource is built', () => {
  it('for the first time is in it when it is there', async () => {
    const { create, begun, started, made, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', create, { dispose, graceMs: 0 })
    await begun(1)
    await config.set({ ...initial, pool: { size: 2 } })
    started[0]?.finish()
    await begun(2)
    started[1]?.finish()
    const pool = await first
    expect(pool.current).toBe(made[1])
    expect(pool.current.size).toBe(2)
    await vi.waitFor(() => expect(ended()).toEqual([1, 0]), 5_000)
    await config.close()
    expect(ended()).toEqual([1, 1])
  })

  it('for the first time and changes another part does not have it built again', async () => {
    const { create, begun, started } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const first = config.resource('pool.size', create)
    await begun(1)
    await config.set({ ...initial, log: 'debug' })
    started[0]?.finish()
    expect((await first).current.size).toBe(1)
    expect(started).toHaveLength(1)
  })

  it('anew supersedes; what was built for the older is disposed of, also when it comes late', async () => {
    const { create, begun, started, made, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', create, { dispose })
    await begun(1)
    started[0]?.finish()
    const pool = await first
    const older = config.set({ ...initial, pool: { size: 2 } })
    await begun(2)
    const newer = config.set({ ...initial, pool: { size: 3 } })
    await begun(3)
    expect(started[1]?.signal.aborted).toBe(true)
    started[2]?.finish()
    expect(await Promise.all([older, newer])).toEqual(['changed', 'changed'])
    expect(pool.current).toBe(made[1])
    expect(made[1]?.size).toBe(3)
    started[1]?.finish()
    await vi.waitFor(() => expect(ended()).toEqual([0, 0, 1]), 5_000)
    await config.close()
    expect(ended()).toEqual([1, 1, 1])
  })

  it('anew, when another of the same update is done already, disposes of that', async () => {
    const slow = slowPoolMaker()
    const quick = poolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', slow.create, { dispose: slow.dispose })
    await slow.begun(1)
    slow.started[0]?.finish()
    await first
    const other = await config.resource('pool.size', quick.create, { dispose: quick.dispose })
    void config.set({ ...initial, pool: { size: 2 } })
    await slow.begun(2)
    expect(await config.set({ ...initial, log: 'debug' })).toBe('changed')
    await vi.waitFor(() => expect(quick.ended()).toEqual([0, 1]), 5_000)
    expect(other.current).toBe(quick.made[0])
    slow.started[1]?.finish()
    await config.close()
    await vi.waitFor(() => expect(slow.ended()).toEqual([1, 1]), 5_000)
    expect(quick.ended()).toEqual([1, 1])
  })

  it('and is about to be taken reaches a resource that is added meanwhile', async () => {
    const { create, begun, started } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const first = config.resource('pool.size', create)
    await begun(1)
    started[0]?.finish()
    await first
    const set = config.set({ ...initial, pool: { size: 2 } })
    await begun(2)
    // from the configuration that serves now and is about to be replaced
    const added = await config.resource('pool.size', (size) => ({ size }))
    expect(added.current.size).toBe(1)
    started[1]?.finish()
    expect(await set).toBe('changed')
    expect(added.current.size).toBe(2)
  })
})

describe('close()', () => {
  it('disposes of everything at once and waits for it: what is in use and what has grace left, each once', async () => {
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
    await vi.waitFor(() => expect(dispose).toHaveBeenCalledTimes(3), 5_000)
    let closed = false
    void Promise.race(closes).then(() => (closed = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(false)
    going.open()
    await Promise.all(closes)
    await config.close()
    expect(ended()).toEqual([1, 1, 1])
  })

  it('leaves nothing of a resource that is still being built for the first time', async () => {
    const { create, begun, started, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', create, { dispose })
    await begun(1)
    const closed = config.close()
    await expect(first).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(started[0]?.signal.aborted).toBe(true)
    started[0]?.finish()
    await vi.waitFor(() => expect(ended()).toEqual([1]), 5_000)
  })

  it('leaves nothing of one that is still being built for an update', async () => {
    const { create, begun, started, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', create, { dispose })
    await begun(1)
    started[0]?.finish()
    await first
    const set = config.set({ ...initial, pool: { size: 2 } })
    await begun(2)
    const closed = config.close()
    await expect(set).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(ended()).toEqual([1])
    started[1]?.finish()
    await vi.waitFor(() => expect(ended()).toEqual([1, 1]), 5_000)
  })

  it('waits for what had been built for an update that it ends', async () => {
    const slow = slowPoolMaker()
    const { create, ended, made } = poolMaker()
    const config = createTestConfig(initial)
    const first = config.resource('pool.size', slow.create)
    await slow.begun(1)
    slow.started[0]?.finish()
    await first
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

  it('may be called by what disposes of a resource, which is disposed of once for that', async () => {
    const config = createTestConfig(initial)
    const dispose = vi.fn(() => void config.close())
    await config.resource('pool.size', (size) => ({ size }), { dispose })
    await config.close()
    expect(dispose).toHaveBeenCalledTimes(1)
  })

  it('comes with the end of a scope', async () => {
    const { create, dispose, ended } = poolMaker()
    {
      await using config = createTestConfig(initial)
      await config.resource('pool.size', create, { dispose })
    }
    expect(ended()).toEqual([1])
  })
})
