import { ClosedError, NotReadyError, ResourceError, startHotConfig, values } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import { initial, poolMaker, slowPoolMaker } from '../support/pools.ts'

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

  it('is rebuilt only when its part changed', async () => {
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
    const { build, begun, started } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const pool = await build(config)
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

describe("a resource that can't be rebuilt", () => {
  it('rejects the update with HOT_CONFIG_RESOURCE, and the previous resource keeps working', async () => {
    await using running = await drive(drivenSource({ size: 1 }))
    const { config, update, rejections } = running
    const { create, made, dispose } = poolMaker()
    const pool = await config.resource(
      ({ size }) => size as number,
      (size) => {
        if (size === 2) throw new Error('too many connections')
        return create(size)
      },
      { dispose },
    )
    expect(await update({ size: 2 })).toBe('rejected')
    expect(rejections).toMatchObject([
      { message: 'a resource could not be built: too many connections', issues: [{ code: 'HOT_CONFIG_RESOURCE' }] },
    ])
    expect(rejections[0]?.error).toBeInstanceOf(ResourceError)
    expect(config.current).toEqual({ size: 1 })
    expect(config.health()).toMatchObject({ status: 'warn', version: 1 })
    expect(pool.current).toBe(made[0])
    expect(dispose).not.toHaveBeenCalled()
    expect(await update({ size: 3 })).toBe('changed')
    expect(config.health().status).toBe('pass')
  })

  it('rejects the update when its selector throws', async () => {
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

  it('rejects the update when it is not built in time, and is disposed of when it is built later', async () => {
    const { build, started, made, dispose, ended } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const pool = await build(config, { dispose, timeoutMs: 200 })
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe(
      'pool.size: a resource could not be built: not done within 200 ms',
    )
    expect(started[1]?.signal.reason).toMatchObject({ name: 'TimeoutError' })
    started[1]?.finish()
    await eventually(() => expect(ended()).toEqual([0, 1]))
    expect(pool.current).toBe(made[0])
  })

  it('leaves all other resources as they are: all of them are replaced or none', async () => {
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

  it('is not even created when a hook vetoes', async () => {
    const { create } = poolMaker()
    await using config = createTestConfig(initial)
    await config.resource('pool.size', create)
    config.beforeChange(() => Promise.reject(new Error('no')))
    expect(await config.set({ ...initial, pool: { size: 2 } })).toBe('rejected')
    expect(create).toHaveBeenCalledTimes(1)
  })
})

describe('an update that arrives while a resource is built', () => {
  it('for the first time is what the resource is built from in the end', async () => {
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
    await eventually(() => expect(ended()).toEqual([1, 0]))
    await config.close()
    expect(ended()).toEqual([1, 1])
  })

  it('for the first time does not rebuild it when another part changed', async () => {
    const { create, begun, started } = slowPoolMaker()
    await using config = createTestConfig(initial)
    const first = config.resource('pool.size', create)
    await begun(1)
    await config.set({ ...initial, log: 'debug' })
    started[0]?.finish()
    expect((await first).current.size).toBe(1)
    expect(started).toHaveLength(1)
  })

  it('again replaces the older update, whose resource is disposed of, also when it is built late', async () => {
    const { build, begun, started, made, dispose, ended } = slowPoolMaker()
    const config = createTestConfig(initial)
    const pool = await build(config, { dispose })
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
    await eventually(() => expect(ended()).toEqual([0, 0, 1]))
    await config.close()
    expect(ended()).toEqual([1, 1, 1])
  })

  it('again disposes of the other resources that were built for the older update', async () => {
    const slow = slowPoolMaker()
    const quick = poolMaker()
    const config = createTestConfig(initial)
    await slow.build(config, { dispose: slow.dispose })
    const other = await config.resource('pool.size', quick.create, { dispose: quick.dispose })
    void config.set({ ...initial, pool: { size: 2 } })
    await slow.begun(2)
    expect(await config.set({ ...initial, log: 'debug' })).toBe('changed')
    await eventually(() => expect(quick.ended()).toEqual([0, 1]))
    expect(other.current).toBe(quick.made[0])
    slow.started[1]?.finish()
    await config.close()
    await eventually(() => expect(slow.ended()).toEqual([1, 1]))
    expect(quick.ended()).toEqual([1, 1])
  })

  it('again reaches a resource that is added meanwhile', async () => {
    const { build, begun, started } = slowPoolMaker()
    await using config = createTestConfig(initial)
    await build(config)
    const set = config.set({ ...initial, pool: { size: 2 } })
    await begun(2)
    // built from the configuration that is still served
    const added = await config.resource('pool.size', (size) => ({ size }))
    expect(added.current.size).toBe(1)
    started[1]?.finish()
    expect(await set).toBe('changed')
    expect(added.current.size).toBe(2)
  })
})
