import { ClosedError, createHotConfig, OptionError, values } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'

/** Long enough that nobody waits for it, and short enough for a test that does. */
const FOR_EVER = 2 ** 31 - 1
const SHORT = 300

async function follow(maxMs: number) {
  const driven = drivenSource({ n: 0 })
  const config = await createHotConfig({
    sources: driven.source,
    schema: (input) => {
      if ((input['n'] as number) < 0) throw new Error('n: expected a positive number')
      return input as { n: number }
    },
    applyDelay: { maxMs },
    logger: false,
  })
  const update = (n: number): Promise<string> => {
    driven.set({ n })
    return config.reload()
  }
  /** Waits until the source was read as often. */
  const looked = (times: number): Promise<void> => vi.waitFor(() => expect(driven.reads()).toBe(times), 5_000)
  return { config, update, looked, [Symbol.asyncDispose]: () => config.close() }
}

beforeEach(() => {
  // the longest wait there is
  vi.spyOn(Math, 'random').mockReturnValue(0.999)
})

afterEach(() => {
  vi.restoreAllMocks()
})

describe('applyDelay', () => {
  it('does not have the first load wait', async () => {
    await using running = await follow(FOR_EVER)
    expect(running.config.current.n).toBe(0)
  })

  it('has an update wait, while the old value serves, and then takes it', async () => {
    await using running = await follow(SHORT)
    const { config, update, looked } = running
    const result = update(1)
    await looked(2)
    expect(config.current.n).toBe(0)
    expect(await result).toBe('changed')
    expect(config.current.n).toBe(1)
  })

  it('waits for a random time of up to maxMs', async () => {
    vi.mocked(Math.random).mockReturnValue(0)
    await using running = await follow(FOR_EVER)
    expect(await running.update(1)).toBe('changed')
    expect(Math.random).toHaveBeenCalled()
  })

  it('takes the newest of what came while it waited, once', async () => {
    await using running = await follow(SHORT)
    const { config, update } = running
    const changes: number[] = []
    config.onChange(({ next }) => changes.push(next.value.n))
    const results = [1, 2, 3].map(update)
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
    expect(changes).toEqual([3])
    expect(config.health().reloads.changed).toBe(1)
  })

  it('is not postponed by a steady stream of updates', async () => {
    await using running = await follow(SHORT)
    const { config, update, looked } = running
    const taken: number[] = []
    config.onChange(({ next }) => taken.push(next.value.n))
    const results: Promise<string>[] = []
    // much quicker than it waits, for as long as nothing is taken
    const deadline = performance.now() + 50 * SHORT
    for (let n = 1; taken.length === 0; n++) {
      expect(performance.now()).toBeLessThan(deadline)
      results.push(update(n))
      await looked(n + 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(results.length).toBeGreaterThan(1)
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
  })

  it('waits anew for what comes after one was taken', async () => {
    await using running = await follow(SHORT)
    const { config, update, looked } = running
    expect(await update(1)).toBe('changed')
    const next = update(2)
    await looked(3)
    expect(config.current.n).toBe(1)
    expect(await next).toBe('changed')
  })

  it('ends as unchanged when the running configuration comes back meanwhile', async () => {
    await using running = await follow(FOR_EVER)
    const { config, update, looked } = running
    const waiting = update(1)
    await looked(2)
    expect(await update(0)).toBe('unchanged')
    expect(await waiting).toBe('unchanged')
    expect(config.snapshot.version).toBe(1)
  })

  it('refuses what is broken at once, and health still tells of it after the one that waited is taken', async () => {
    await using running = await follow(SHORT)
    const { config, update, looked } = running
    const waiting = update(1)
    await looked(2)
    expect(await update(-1)).toBe('rejected')
    expect(config.current.n).toBe(0)
    expect(await waiting).toBe('changed')
    expect(config.current.n).toBe(1)
    expect(config.health()).toMatchObject({ status: 'warn', lastRejection: { message: /positive/ } })
  })

  it('comes before hooks and resources', async () => {
    await using running = await follow(SHORT)
    const { config, update, looked } = running
    const hook = vi.fn()
    config.beforeChange(hook)
    const resource = await config.resource('n', (n) => ({ n }))
    const result = update(1)
    await looked(2)
    expect(hook).not.toHaveBeenCalled()
    expect(await result).toBe('changed')
    expect(hook).toHaveBeenCalledTimes(1)
    expect(resource.current).toEqual({ n: 1 })
  })

  it('ends with close(), and keeps no process alive', async () => {
    const { config, update, looked } = await follow(FOR_EVER)
    const timers = process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
    const waiting = update(1)
    await looked(2)
    // those that are unref'd are not listed
    expect(process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length).toBeLessThanOrEqual(timers)
    const closed = config.close()
    await expect(waiting).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(config.current.n).toBe(0)
  })

  it.each([-1, Number.NaN, Infinity, 2 ** 31])('of %d milliseconds is refused', async (maxMs) => {
    const created = createHotConfig({ sources: values({}), applyDelay: { maxMs } })
    await expect(created).rejects.toThrow(OptionError)
  })
})
