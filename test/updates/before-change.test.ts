import { ClosedError, createHotConfig, OptionError, VetoError } from '@hot-config/core'
import type { BeforeChangeHook, HotConfig, Rejection } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource, gate } from '../support/driven-source.ts'
import { outwardText } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'

interface Numbered {
  readonly n: number
  readonly [key: string]: unknown
}

/** A configuration whose `n` is positive, or the update is refused by the schema. */
async function follow(initial: Numbered = { n: 1 }) {
  const driven = drivenSource<Numbered>(initial)
  const logger = recordingLogger()
  const config = await createHotConfig({
    sources: driven.source,
    schema: (input) => {
      if ((input['n'] as number) < 0) throw new Error('n: expected a positive number')
      return input as Numbered
    },
    logger,
  })
  return { ...driven, config, logger, [Symbol.asyncDispose]: () => config.close() }
}

/** A hook that works until the test lets it go on. */
function waitingHook() {
  const gates: ReturnType<typeof gate<void>>[] = []
  const signals: AbortSignal[] = []
  const seen: number[] = []
  const hook: BeforeChangeHook<Numbered> = async ({ next, signal }) => {
    seen.push(next.value.n)
    signals.push(signal)
    const here = gate()
    gates.push(here)
    await here.passed
  }
  const started = (times: number): Promise<void> => vi.waitFor(() => expect(seen).toHaveLength(times), 5_000)
  return { hook, gates, signals, seen, started }
}

describe('a beforeChange hook', () => {
  it('sees what is next, what was before and the paths between them, while the old value still serves', async () => {
    await using running = await follow({ n: 1, same: { a: 1 } })
    const { config, set } = running
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
    set({ n: 2, same: { a: 1 } })
    expect(await config.reload()).toBe('changed')
    expect(hook).toHaveBeenCalledTimes(1)
    expect(config.snapshot).toBe(hook.mock.calls[0]?.[0].next)
  })

  it('is waited for, with those after it, before anything is taken', async () => {
    await using running = await follow()
    const { config, set, notify } = running
    const order: string[] = []
    const first = waitingHook()
    config.beforeChange(async (change) => {
      order.push('first starts')
      await first.hook(change)
      order.push('first ends')
    })
    config.beforeChange(() => order.push('second'))
    config.onChange(() => order.push('listener'))
    set({ n: 2 })
    notify()
    await first.started(1)
    expect(order).toEqual(['first starts'])
    expect(config.current.n).toBe(1)
    first.gates[0]?.open()
    await vi.waitFor(() => expect(config.current.n).toBe(2), 5_000)
    expect(order).toEqual(['first starts', 'first ends', 'second', 'listener'])
  })

  it('is not called for the first load, nor for updates that change nothing or fail the schema', async () => {
    await using running = await follow()
    const { config, set, notify } = running
    const hook = vi.fn()
    config.beforeChange(hook)
    notify()
    expect(await config.reload()).toBe('unchanged')
    set({ n: -1 })
    expect(await config.reload()).toBe('rejected')
    set({ n: 1 })
    expect(await config.reload()).toBe('unchanged')
    expect(hook).not.toHaveBeenCalled()
  })

  it('ends with the function that adding it returned, even between two hooks', async () => {
    await using running = await follow()
    const { config, set } = running
    const second = vi.fn()
    config.beforeChange(() => unsubscribe())
    const unsubscribe = config.beforeChange(second)
    set({ n: 2 })
    expect(await config.reload()).toBe('changed')
    expect(second).not.toHaveBeenCalled()
  })

  it('may itself cause an update, which takes the place of the one it saw', async () => {
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
    await using running = await follow()
    const { config, set, logger } = running
    const before = config.snapshot
    const after = vi.fn()
    const onReject = vi.fn<(rejection: Rejection) => void>()
    const onChange = vi.fn()
    config.beforeChange(hook)
    config.beforeChange(after)
    config.onReject(onReject)
    config.onChange(onChange)
    set({ n: 2 })
    expect(await config.reload()).toBe('rejected')
    expect(config.snapshot).toBe(before)
    expect(onReject).toHaveBeenCalledTimes(1)
    const rejection = onReject.mock.calls[0]?.[0]
    expect(rejection?.error).toBeInstanceOf(VetoError)
    expect(rejection).toMatchObject({
      message: 'vetoed before the change: the pool would be too small',
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
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(after).not.toHaveBeenCalled()
    expect(onChange).not.toHaveBeenCalled()
  })

  it('is over with the next update that no hook vetoes', async () => {
    await using running = await follow()
    const { config, set } = running
    config.beforeChange(({ next }) => {
      if (next.value.n === 2) throw new Error('not two')
    })
    set({ n: 2 })
    expect(await config.reload()).toBe('rejected')
    set({ n: 3 })
    expect(await config.reload()).toBe('changed')
    expect(config.health()).toMatchObject({ status: 'pass', version: 2, lastRejection: null })
  })

  it('is asked for again by reload(), and is one rejection for as long as nothing changes', async () => {
    await using running = await follow()
    const { config, set } = running
    let ready = false
    const hook = vi.fn(() => {
      if (!ready) throw new Error('the database is down')
    })
    const onReject = vi.fn()
    config.beforeChange(hook)
    config.onReject(onReject)
    set({ n: 2 })
    expect(await config.reload()).toBe('rejected')
    const calls = hook.mock.calls.length
    expect(await config.reload()).toBe('rejected')
    expect(hook.mock.calls.length).toBe(calls + 1)
    expect(onReject).toHaveBeenCalledTimes(1)
    ready = true
    expect(await config.reload()).toBe('changed')
  })

  it.each([
    ['nothing', undefined],
    ['text', 'just text'],
    ['an object without a prototype', Object.create(null)],
    ['an error with a strange message', Object.assign(new Error('x'), { message: 5n })],
  ])('by throwing %s is one as well', async (_what, thrown: unknown) => {
    await using running = await follow()
    const { config, set } = running
    config.beforeChange(() => Promise.reject(thrown))
    set({ n: 2 })
    expect(await config.reload()).toBe('rejected')
    expect(config.health().lastRejection?.issues).toHaveLength(1)
  })

  it('comes of a hook that takes too long, whose signal aborts', async () => {
    await using running = await follow()
    const { config, set } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook, { timeoutMs: 20 })
    set({ n: 2 })
    expect(await config.reload()).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe('vetoed before the change: not done within 20 ms')
    expect(waiting.signals[0]?.reason).toMatchObject({ name: 'TimeoutError' })
    // what it comes to then is nobody's business
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
    const driven = drivenSource({ password: 'first"secret', n: 1 })
    const logger = recordingLogger()
    await using config: HotConfig<Record<string, unknown>> = await createHotConfig({
      sources: driven.source,
      redact: ['password'],
      logger,
    })
    const rejections: Rejection[] = []
    config.onReject((rejection) => rejections.push(rejection))
    const quoted: string[] = []
    config.beforeChange(({ previous, next }) => {
      quoted.push(JSON.stringify(previous.value), String(next.value['password']))
      if (next.value['n'] === 2) return
      const deep = new Error(`deep ${quoted.join()}`)
      throw Object.assign(new TypeError(`quotes ${quoted.join()}`, { cause: deep }), { code: 'E_QUOTED' })
    })
    driven.set({ password: 'first"secret-2', n: 2 })
    expect(await config.reload()).toBe('changed')
    driven.set({ password: 'third-secret', n: 3 })
    expect(await config.reload()).toBe('rejected')
    const text = outwardText(config, logger, rejections)
    expect(text).toContain('quotes')
    expect(text).toContain('E_QUOTED')
    expect(text).not.toMatch(/first|secret|-2\b/)
  })
})

describe('a newer update that arrives while a hook is at work', () => {
  it('supersedes: the signal aborts, nothing of the older is taken, and both reloads come to what the newer did', async () => {
    await using running = await follow()
    const { config, set } = running
    const waiting = waitingHook()
    const changes: number[] = []
    config.onChange(({ next }) => changes.push(next.value.n))
    config.beforeChange(waiting.hook)
    set({ n: 2 })
    const older = config.reload()
    await waiting.started(1)
    set({ n: 3 })
    const newer = config.reload()
    await waiting.started(2)
    expect(waiting.signals.map(({ aborted }) => aborted)).toEqual([true, false])
    // the older one ends well, but too late
    waiting.gates[0]?.open()
    expect(config.current.n).toBe(1)
    waiting.gates[1]?.open()
    expect(await Promise.all([older, newer])).toEqual(['changed', 'changed'])
    expect(changes).toEqual([3])
    expect(config.snapshot.version).toBe(2)
    expect(config.health()).toMatchObject({ status: 'pass', reloads: { changed: 1, rejected: 0 } })
  })

  it('gives its veto to both', async () => {
    await using running = await follow()
    const { config, set } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    set({ n: 2 })
    const older = config.reload()
    await waiting.started(1)
    set({ n: 3 })
    const newer = config.reload()
    await waiting.started(2)
    waiting.gates[1]?.fail(new Error('no'))
    expect(await Promise.all([older, newer])).toEqual(['rejected', 'rejected'])
    expect(config.current.n).toBe(1)
    expect(config.history()).toHaveLength(1)
  })

  it('ends it as unchanged when it is the running configuration again', async () => {
    await using running = await follow()
    const { config, set } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    set({ n: 2 })
    const older = config.reload()
    await waiting.started(1)
    set({ n: 1 })
    expect(await config.reload()).toBe('unchanged')
    expect(await older).toBe('unchanged')
    expect(waiting.signals[0]?.aborted).toBe(true)
    waiting.gates[0]?.open()
    expect(config.snapshot.version).toBe(1)
  })

  it('comes to the last of many', async () => {
    await using running = await follow({ n: 0 })
    const { config, set } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    const results: Promise<string>[] = []
    for (let n = 1; n <= 20; n++) {
      set({ n })
      results.push(config.reload())
      await vi.waitFor(() => expect(waiting.seen.at(-1)).toBe(n), 5_000)
    }
    waiting.gates.at(-1)?.open()
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
    expect(config.snapshot).toMatchObject({ version: 2, value: { n: 20 } })
  })

  it('does not start the hook anew when the content is the same', async () => {
    await using running = await follow()
    const { config, set, notify } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    set({ n: 2 })
    const results = [config.reload()]
    await waiting.started(1)
    for (let time = 0; time < 3; time++) {
      const reads = running.reads()
      notify()
      results.push(config.reload())
      await vi.waitFor(() => expect(running.reads()).toBe(reads + 2), 5_000)
    }
    waiting.gates[0]?.open()
    expect(new Set(await Promise.all(results))).toEqual(new Set(['changed']))
    expect(waiting.seen).toEqual([2])
    expect(config.snapshot.version).toBe(2)
  })
})

describe('a broken update that arrives while a good one is prepared', () => {
  it('leaves health at warn after the good one is taken, also for who listens to that', async () => {
    await using running = await follow()
    const { config, set } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    const statuses: string[] = []
    config.onChange(() => statuses.push(config.health().status))
    set({ n: 2 })
    const good = config.reload()
    await waiting.started(1)
    set({ n: -1 })
    expect(await config.reload()).toBe('rejected')
    waiting.gates[0]?.open()
    expect(await good).toBe('changed')
    expect(config.current.n).toBe(2)
    expect(statuses).toEqual(['warn'])
    expect(config.health()).toMatchObject({ status: 'warn', lastRejection: { message: /positive/ } })
    config.beforeChange(() => {})
    set({ n: 2 })
    expect(await config.reload()).toBe('unchanged')
    expect(config.health().status).toBe('pass')
  })

  it('is still what health tells of when it is broken as it was before', async () => {
    const driven = drivenSource<Numbered>({ n: 1 })
    // a source whose revisions name the content
    const source = {
      ...driven.source,
      read: async (signal: AbortSignal) => {
        const reading = await driven.source.read(signal)
        return { ...reading, revision: JSON.stringify(reading.entries) }
      },
    }
    await using config = await createHotConfig({
      sources: source,
      schema: (input) => {
        if ((input['n'] as number) < 0) throw new Error('n: expected a positive number')
        return input as Numbered
      },
      logger: false,
    })
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    driven.set({ n: -1 })
    expect(await config.reload()).toBe('rejected')
    driven.set({ n: 2 })
    const good = config.reload()
    await waiting.started(1)
    driven.set({ n: -1 })
    expect(await config.reload()).toBe('rejected')
    waiting.gates[0]?.open()
    expect(await good).toBe('changed')
    expect(config.health().status).toBe('warn')
  })

  it('is what health tells of when the other is vetoed, and both are in the history', async () => {
    await using running = await follow()
    const { config, set } = running
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    set({ n: 2 })
    const good = config.reload()
    await waiting.started(1)
    set({ n: -1 })
    expect(await config.reload()).toBe('rejected')
    waiting.gates[0]?.fail(new Error('no'))
    expect(await good).toBe('rejected')
    expect(config.health().lastRejection?.message).toContain('positive')
    expect(config.history()).toMatchObject([{ message: /positive/ }, { message: /vetoed/ }])
  })
})

describe('close() while a hook is at work', () => {
  it('aborts its signal, takes nothing, and ends the reload with ClosedError', async () => {
    const { config, set } = await follow()
    const waiting = waitingHook()
    config.beforeChange(waiting.hook)
    set({ n: 2 })
    const reload = config.reload()
    await waiting.started(1)
    const closed = config.close()
    await expect(reload).rejects.toBeInstanceOf(ClosedError)
    await closed
    expect(waiting.signals[0]?.aborted).toBe(true)
    waiting.gates[0]?.open()
    await waiting.gates[0]?.passed
    expect(config.current.n).toBe(1)
  })

  it('by the hook itself takes nothing either', async () => {
    const { config, set } = await follow()
    const closes: Promise<void>[] = []
    config.beforeChange(() => {
      closes.push(config.close())
      return new Promise(() => {})
    })
    set({ n: 2 })
    await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
    await Promise.all(closes)
    expect(config.current.n).toBe(1)
  })

  it('is no unhandled rejection where nobody waits for the update', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const config = createTestConfig({ n: 1 })
      config.beforeChange(() => new Promise(() => {}))
      void config.set({ n: 2 })
      const followed = await follow()
      const hook = vi.fn(() => new Promise(() => {}))
      followed.config.beforeChange(hook)
      followed.set({ n: 2 })
      followed.notify()
      await vi.waitFor(() => expect(hook).toHaveBeenCalled(), 5_000)
      await Promise.all([config.close(), followed.config.close()])
      // they are told of after the microtasks of a turn
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})
