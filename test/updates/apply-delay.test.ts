import { setImmediate } from 'node:timers/promises'

import { ClosedError, createHotConfig, OptionError, values } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import { positive } from '../support/schemas.ts'

/** Long enough that nobody waits for it, and short enough for a test that does. */
const FOR_EVER = 2 ** 31 - 1
const SHORT = 300

async function start(maxMs: number) {
  const source = drivenSource({ n: 0 })
  const { config, served } = await drive(source, { schema: positive, applyDelay: { maxMs } })
  const update = (n: number): Promise<string> => {
    source.set({ n })
    return config.reload()
  }
  /** Waits until the source was read as often. */
  const checked = (times: number): Promise<void> => eventually(() => expect(source.reads).toBe(times))
  return { config, served, update, checked, [Symbol.asyncDispose]: () => config.close() }
}

beforeEach(() => {
  // the longest wait there is
  vi.spyOn(Math, 'random').mockReturnValue(0.999)
})

afterEach(() => {
  vi.restoreAllMocks()
})

describe('applyDelay', () => {
  it('does not delay the first load', async () => {
    await using running = await start(FOR_EVER)
    expect(running.config.current.n).toBe(0)
  })

  it('delays an update, while the old value is served, and then serves it', async () => {
    await using running = await start(SHORT)
    const { config, update, checked } = running
    const result = update(1)
    await checked(2)
    expect(config.current.n).toBe(0)
    expect(await result).toBe('changed')
    expect(config.current.n).toBe(1)
  })

  it('waits for a random time of up to maxMs', async () => {
    vi.mocked(Math.random).mockReturnValue(0)
    await using running = await start(FOR_EVER)
    expect(await running.update(1)).toBe('changed')
    expect(Math.random).toHaveBeenCalled()
  })

  it('serves the newest of the updates that arrived while it waited, once', async () => {
    await using running = await start(SHORT)
    const { config, served, update } = running
    const results = [1, 2, 3].map(update)
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
    expect(served).toEqual([{ n: 0 }, { n: 3 }])
    expect(config.health().reloads.changed).toBe(1)
  })

  it('is not postponed by a steady stream of updates', async () => {
    await using running = await start(SHORT)
    const { served, update, checked } = running
    const results: Promise<string>[] = []
    // much quicker than it waits, for as long as nothing else is served
    const deadline = performance.now() + 50 * SHORT
    for (let n = 1; served.length === 1; n++) {
      expect(performance.now()).toBeLessThan(deadline)
      results.push(update(n))
      await checked(n + 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(results.length).toBeGreaterThan(1)
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
  })

  it('delays the next update as well, from its own arrival', async () => {
    await using running = await start(SHORT)
    const { config, update, checked } = running
    expect(await update(1)).toBe('changed')
    const next = update(2)
    await checked(3)
    expect(config.current.n).toBe(1)
    expect(await next).toBe('changed')
  })

  it('ends as unchanged when the running configuration is back meanwhile', async () => {
    await using running = await start(FOR_EVER)
    const { config, update, checked } = running
    const waiting = update(1)
    await checked(2)
    expect(await update(0)).toBe('unchanged')
    expect(await waiting).toBe('unchanged')
    expect(config.snapshot.version).toBe(1)
  })

  it('rejects a broken update at once, and health still reports that after the update that waited is served', async () => {
    await using running = await start(SHORT)
    const { config, update, checked } = running
    const waiting = update(1)
    await checked(2)
    expect(await update(-1)).toBe('rejected')
    expect(config.current.n).toBe(0)
    expect(await waiting).toBe('changed')
    expect(config.current.n).toBe(1)
    expect(config.health()).toMatchObject({
      status: 'warn',
      lastRejection: { message: expect.stringMatching(/positive/) },
    })
  })

  it('comes before hooks and resources', async () => {
    await using running = await start(SHORT)
    const { config, update, checked } = running
    const hook = vi.fn()
    config.beforeChange(hook)
    const resource = await config.resource('n', (n) => ({ n }))
    const result = update(1)
    await checked(2)
    expect(hook).not.toHaveBeenCalled()
    expect(await result).toBe('changed')
    expect(hook).toHaveBeenCalledTimes(1)
    expect(resource.current).toEqual({ n: 1 })
  })

  it('ends with close(), and does not keep the process alive', async () => {
    const { config, update, checked } = await start(FOR_EVER)
    // those that are unref'd are not listed
    const timersNow = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
    const timers = timersNow()
    const waiting = update(1)
    await checked(2)
    // the check itself keeps the process alive
    for (let turns = 0; timersNow() > timers && turns < 10_000; turns++) await setImmediate()
    expect(timersNow()).toBeLessThanOrEqual(timers)
    const closed = config.close()
    await expect(waiting).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(config.current.n).toBe(0)
  })

  it.each([-1, Number.NaN, Infinity, 2 ** 31])('of %d milliseconds is an option error', async (maxMs) => {
    const created = createHotConfig({ sources: values({}), applyDelay: { maxMs } })
    await expect(created).rejects.toThrow(OptionError)
  })
})
