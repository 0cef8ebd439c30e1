import { createTestConfig } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { positive } from '../support/schemas.ts'
import type { Numbered } from '../support/schemas.ts'

/** Fails as often as this is called for a new value, as a database does that fails over. */
interface Failing {
  failures: number
  calls: number
}

const reject = (failing: Failing): void => {
  failing.calls++
  if (failing.failures-- > 0) throw new Error('the database fails over')
}

/** What of a program can reject an update. */
const WAYS: [string, (running: Driven<Numbered>, failing: Failing) => unknown][] = [
  ['a hook', ({ config }, failing) => config.beforeChange(() => reject(failing))],
  [
    'a resource',
    ({ config }, failing) =>
      config.resource('n', (n) => {
        if (n !== 1) reject(failing)
        return { n }
      }),
  ],
]

async function start(
  how: (typeof WAYS)[number][1],
  failures: number,
): Promise<Driven<Numbered> & { failing: Failing }> {
  const running = await drive(drivenSource({ n: 1 }), { schema: positive })
  const failing = { failures, calls: 0 }
  await how(running, failing)
  return { ...running, failing }
}

beforeEach(() => {
  // the shortest waits
  vi.spyOn(Math, 'random').mockReturnValue(0)
})

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(WAYS)('an update that %s rejected', (_what, how) => {
  it('is tried again until it is accepted, although nothing changes in the sources', async () => {
    await using running = await start(how, 2)
    const { config, source, update, rejections, logger } = running
    expect(await update({ n: 2 })).toBe('rejected')
    const reads = source.reads
    await running.serves({ n: 2 })
    expect(running.failing.calls).toBe(3)
    expect(source.reads).toBe(reads)
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null, pending: null })
    // the same fault is one rejection and one line
    expect(rejections).toHaveLength(1)
    expect(logger.at('warn')).toHaveLength(1)
  })

  it('shows in health when it is tried again', async () => {
    await using running = await start(how, Infinity)
    expect(await running.update({ n: 2 })).toBe('rejected')
    const { lastRejection, pending } = running.config.health()
    const inMs = Date.parse(lastRejection?.retryAt ?? '') - Date.now()
    expect(inMs).toBeGreaterThan(0)
    expect(inMs).toBeLessThanOrEqual(1_000)
    expect(pending).toBeNull()
  })

  it('is told to listeners as rejected and tried again, and then as served', async () => {
    await using running = await start(how, 1)
    const { config, update } = running
    const seen: unknown[] = []
    const note = (): void => {
      const { status, lastRejection, pending } = config.health()
      seen.push([status, typeof lastRejection?.retryAt, pending])
    }
    config.onReject(note)
    config.onChange(note)
    expect(await update({ n: 2 })).toBe('rejected')
    await running.serves({ n: 2 })
    expect(seen).toEqual([
      ['warn', 'string', null],
      ['pass', 'undefined', null],
    ])
  })

  it('is tried at once by reload()', async () => {
    await using running = await start(how, 1)
    expect(await running.update({ n: 2 })).toBe('rejected')
    expect(await running.config.reload()).toBe('changed')
    expect(running.failing.calls).toBe(2)
  })

  it('waits longer after each failure, and at most a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      await using running = await start(how, Infinity)
      await running.update({ n: 2 })
      const waits: number[] = []
      for (let attempt = 0; attempt < 9; attempt++) {
        const { calls } = running.failing
        const { retryAt = '' } = running.config.health().lastRejection ?? {}
        waits.push(Date.parse(retryAt) - Date.now())
        await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0)
        expect(running.failing.calls).toBe(calls + 1)
      }
      expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ['another update', { n: 3 }, { n: 3 }],
    ['the value that is served', { n: 1 }, { n: 1 }],
    ['an invalid update', { n: -1 }, { n: 1 }],
  ])('is not tried again after %s', async (_next, next, expected) => {
    await using running = await start(how, 1)
    const { config, update, failing } = running
    expect(await update({ n: 2 })).toBe('rejected')
    await update(next)
    const { calls } = failing
    expect(config.current).toEqual(expected)
    expect(config.health().lastRejection?.retryAt).toBeUndefined()
    // the attempt would have come by then
    await eventually(() => expect(performance.now() - at).toBeGreaterThan(600))
    expect(failing.calls).toBe(calls)
    expect(config.current).toEqual(expected)
  })

  it('is not tried again after close()', async () => {
    const running = await start(how, 1)
    expect(await running.update({ n: 2 })).toBe('rejected')
    await running.config.close()
    const { calls } = running.failing
    await eventually(() => expect(performance.now() - at).toBeGreaterThan(600))
    expect(running.failing.calls).toBe(calls)
    expect(running.config.current).toEqual({ n: 1 })
  })
})

/** When a test began. */
let at = 0
beforeEach(() => {
  at = performance.now()
})

describe('an update of a test configuration', () => {
  it('that a hook vetoed is served later as well', async () => {
    await using config = createTestConfig({ n: 1 })
    let isDown = true
    config.beforeChange(() => {
      if (isDown) throw new Error('down')
    })
    expect(await config.set({ n: 2 })).toBe('rejected')
    isDown = false
    await eventually(() => expect(config.current).toEqual({ n: 2 }))
  })
})
