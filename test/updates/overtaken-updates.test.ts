import { setImmediate } from 'node:timers/promises'

import { ClosedError } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { positive } from '../support/schemas.ts'
import { preparing, waitingHook } from '../support/waiting-hook.ts'

describe('a newer update that arrives while a hook waits', () => {
  it('supersedes the older: its signal aborts, it is never served, and both reloads have the result of the newer', async () => {
    await using running = await preparing()
    const { config, served, update, gates, signals, started, first } = running
    const newer = update({ n: 3 })
    await started(2)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    // the older one ends well, but too late
    gates[0]?.open()
    expect(config.current.n).toBe(1)
    gates[1]?.open()
    expect(await Promise.all([first, newer])).toEqual(['changed', 'changed'])
    expect(served).toEqual([{ n: 1 }, { n: 3 }])
    expect(config.snapshot.version).toBe(2)
    expect(config.health()).toMatchObject({ status: 'pass', reloads: { changed: 1, rejected: 0 } })
  })

  it('rejects both reloads when it is vetoed', async () => {
    await using running = await preparing()
    const { config, update, gates, started, first } = running
    const newer = update({ n: 3 })
    await started(2)
    gates[1]?.fail(new Error('no'))
    expect(await Promise.all([first, newer])).toEqual(['rejected', 'rejected'])
    expect(config.current.n).toBe(1)
    expect(config.history()).toHaveLength(1)
  })

  it('ends the older as unchanged when it is the running configuration again', async () => {
    await using running = await preparing()
    const { config, update, gates, signals, first } = running
    expect(await update({ n: 1 })).toBe('unchanged')
    expect(await first).toBe('unchanged')
    expect(signals[0]?.aborted).toBe(true)
    gates[0]?.open()
    expect(config.snapshot.version).toBe(1)
  })

  it('is the last of many that is served', async () => {
    await using running = await drive(drivenSource({ n: 0 }), { schema: positive })
    const { config, update } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    const results: Promise<string>[] = []
    for (let n = 1; n <= 20; n++) {
      results.push(update({ n }))
      await eventually(() => expect(waiting.seen.at(-1)).toBe(n))
    }
    waiting.gates.at(-1)?.open()
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
    expect(config.snapshot).toMatchObject({ version: 2, value: { n: 20 } })
  })

  it('does not start the hook again when its content is the same', async () => {
    await using running = await preparing()
    const { config, source, gates, seen, first } = running
    const results = [first]
    for (let time = 0; time < 3; time++) {
      const { reads } = source
      source.notify()
      results.push(config.reload())
      await eventually(() => expect(source.reads).toBe(reads + 2))
    }
    gates[0]?.open()
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
    expect(seen).toEqual([2])
    expect(config.snapshot.version).toBe(2)
  })
})

describe('an update that is served while a newer one is read, parsed, validated and compared', () => {
  it('shares the equal parts with the newer one, whichever turn of the event loop it is served in', async () => {
    const many = (n: number): object => Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, [n]]))
    const copied = (input: unknown): unknown => structuredClone(input)
    let between = 0
    for (let turns = 0; turns < 24; turns += 2) {
      await using running = await drive(drivenSource({ v: 1, many: many(1) }), { schema: copied })
      const { config, served, update } = running
      const { passed, open } = gate()
      let calls = 0
      config.beforeChange(() => (calls++ === 0 ? passed : undefined))
      const older = update({ v: 2, many: many(2) })
      await eventually(() => expect(calls).toBe(1))
      const newer = update({ v: 3, many: many(2) })
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      open()
      await Promise.all([older, newer])
      expect(config.current).toMatchObject({ v: 3 })
      if (served.length < 3) continue
      between++
      const [, second, third] = served as { many: object }[]
      expect(third?.many).toBe(second?.many)
    }
    expect(between).toBeGreaterThan(0)
  })
})

describe('a broken update that arrives while a good one is prepared', () => {
  it('leaves health at warn after the good one is served, also in its listeners', async () => {
    await using running = await preparing()
    const { config, update, gates, first } = running
    const statuses: string[] = []
    config.onChange(() => statuses.push(config.health().status))
    expect(await update({ n: -1 })).toBe('rejected')
    gates[0]?.open()
    expect(await first).toBe('changed')
    expect(config.current.n).toBe(2)
    expect(statuses).toEqual(['warn'])
    expect(config.health()).toMatchObject({
      status: 'warn',
      lastRejection: { message: expect.stringMatching(/positive/) },
    })
    config.beforeChange(() => {})
    expect(await update({ n: 2 })).toBe('unchanged')
    expect(config.health().status).toBe('pass')
  })

  it('is still reported by health when it is broken in the same way as the update before the good one', async () => {
    // a revision that names the content: the broken updates are one content
    const reading = (held: unknown) => ({ entries: [{ path: [], value: held }], revision: JSON.stringify(held) })
    await using running = await drive(drivenSource({ n: 1 }, { reading }), { schema: positive })
    const { config, update } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    expect(await update({ n: -1 })).toBe('rejected')
    const good = update({ n: 2 })
    await waiting.started(1)
    expect(await update({ n: -1 })).toBe('rejected')
    waiting.gates[0]?.open()
    expect(await good).toBe('changed')
    expect(config.health().status).toBe('warn')
  })

  it('is reported by health when the good one is vetoed, and both are in the history', async () => {
    await using running = await preparing()
    const { config, update, gates, first } = running
    expect(await update({ n: -1 })).toBe('rejected')
    gates[0]?.fail(new Error('no'))
    expect(await first).toBe('rejected')
    expect(config.health().lastRejection?.message).toContain('positive')
    expect(config.history()).toMatchObject([
      { message: expect.stringMatching(/positive/) },
      { message: expect.stringMatching(/vetoed/) },
    ])
  })
})

describe('close() while a hook waits', () => {
  it('aborts its signal, changes nothing, and ends the reload with ClosedError', async () => {
    const { config, gates, signals, first } = await preparing()
    const closed = config.close()
    await expect(first).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(signals[0]?.aborted).toBe(true)
    gates[0]?.open()
    await gates[0]?.passed
    expect(config.current.n).toBe(1)
  })

  it('changes nothing either when the hook itself closes', async () => {
    const { config, update } = await drive(drivenSource({ n: 1 }))
    const closes: Promise<void>[] = []
    config.beforeChange(() => {
      closes.push(config.close())
      return new Promise(() => {})
    })
    await expect(update({ n: 2 })).rejects.toBeInstanceOf(ClosedError)
    await Promise.all(closes)
    expect(config.current).toEqual({ n: 1 })
  })

  it('is no unhandled rejection when nobody awaits the update', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const testConfig = createTestConfig({ n: 1 })
      testConfig.beforeChange(() => new Promise(() => {}))
      void testConfig.set({ n: 2 })
      const { config, source } = await drive(drivenSource({ n: 1 }))
      const hook = vi.fn(() => new Promise(() => {}))
      config.beforeChange(hook)
      source.set({ n: 2 })
      source.notify()
      await eventually(() => expect(hook).toHaveBeenCalled())
      await Promise.all([testConfig.close(), config.close()])
      // reported after the microtasks of a turn
      await setImmediate()
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})
