import { setImmediate, setTimeout as delay } from 'node:timers/promises'

import { TakenBackError, withCanary } from '@hot-config/core'
import type { GuardOptions, HotConfigOptions } from '@hot-config/core'
import { requestCounts } from '@hot-config/core/internal'
import { describe, expect, it } from 'vitest'

import { drivenFiles, drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive, follow } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { proves } from '../requirements.ts'

proves('guard-takes-back')

interface Value {
  readonly max: number
}

const schema = (input: unknown): Value => ({ max: (input as Value).max })

/** A configuration that begins with `max: 1`, and whose guard looks all the time. */
const guarded = (guard: GuardOptions, options: HotConfigOptions<typeof schema> = {}): Promise<Driven<Value, Value>> =>
  drive(drivenSource<Value>({ max: 1 }), { schema, guard: { bakeMs: 60_000, intervalMs: 5, ...guard }, ...options })

/** Rejects this value, and every other is fine. */
const not =
  (bad: number): GuardOptions['check'] =>
  ({ current }) => {
    if ((current as Value).max === bad) throw new Error(`${bad} is bad`)
  }

/** Counts requests as an adapter does. */
function count(config: object, value: unknown, total: number, failed = 0): void {
  for (let index = 0; index < total; index++) requestCounts.get(config)?.add(value, index < failed)
}

describe('guard', () => {
  it('serves the very value of before again when its check throws, as a new version and a rejection', async () => {
    await using running = await guarded({ check: not(2) })
    const { config, update, rejections, logger } = running
    const before = config.current
    expect(config.health().guard).toBeNull()
    expect(await update({ max: 2 })).toBe('changed')
    expect(config.health().guard).toMatchObject({ state: 'baking', until: expect.stringMatching(/^\d{4}-/) })
    await running.reports({ version: 3, status: 'warn', guard: { state: 'taken-back', until: null } })
    expect(config.current).toBe(before)
    expect(rejections).toHaveLength(1)
    expect(rejections[0]?.error).toBeInstanceOf(TakenBackError)
    expect(rejections[0]?.issues).toEqual([
      { code: 'HOT_CONFIG_TAKEN_BACK', message: 'taken back by the guard: its check failed: 2 is bad' },
    ])
    expect(config.health().lastRejection?.message).toContain('2 is bad')
    expect(config.history().map(({ type }) => type)).toEqual(['change', 'change', 'rejection'])
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringContaining('update rejected, the last good configuration serves: taken back by the guard'),
    ])
  })

  it('does not take the content again that was taken back, until it changes', async () => {
    await using running = await guarded({ check: not(2) })
    const { config, update, rejections } = running
    await update({ max: 2 })
    await running.reports({ version: 3 })
    // the same content under another revision
    for (let time = 0; time < 3; time++) expect(await update({ max: 2 })).toBe('rejected')
    expect(config.current).toEqual({ max: 1 })
    expect(await update({ max: 3 })).toBe('changed')
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null, guard: { state: 'baking' } })
    expect(rejections.filter(({ error }) => error instanceof TakenBackError).length).toBeGreaterThan(0)
    expect(running.served.filter(({ max }) => max === 2)).toHaveLength(1)
  })

  it('keeps what has baked, and judges the next one against that', async () => {
    await using running = await guarded({ check: not(3), bakeMs: 30 })
    const { config, update } = running
    await update({ max: 2 })
    await running.reports({ version: 2, status: 'pass', guard: { state: 'kept', until: null } })
    await update({ max: 3 })
    await running.serves({ max: 2 })
    expect(config.health()).toMatchObject({ version: 4, guard: { state: 'taken-back' } })
  })

  it('goes back to the last value that has baked, not to a newer one that has not', async () => {
    let isBad = false
    const check = () => (isBad ? Promise.reject(new Error('bad')) : undefined)
    await using running = await guarded({ check })
    const { config, update } = running
    const before = config.current
    for (const max of [2, 3, 4]) await update({ max })
    isBad = true
    await running.reports({ guard: { state: 'taken-back' } })
    expect(config.current).toBe(before)
    // two failures in a row
    isBad = false
    await update({ max: 5 })
    isBad = true
    await running.serves({ max: 1 })
    expect(config.current).toBe(before)
  })

  it.each([
    ['', {}],
    [', and a change waits for a restart', { restartRequired: ['port'] }],
  ])('changes only what differs when it goes back past an update that has not baked%s', async (_, options) => {
    const kept = { list: [1], deep: { n: 1 } }
    const other = { list: [2], deep: { n: 2 } }
    const guard: GuardOptions = { bakeMs: 60_000, intervalMs: 5, check: not(3) }
    await using running = await drive(drivenSource({ max: 1, kept, port: 1 }), { guard, ...options })
    const { config, update } = running
    const before = config.current as { readonly kept: object }
    const seen: unknown[] = []
    config.onChange('kept', (value) => seen.push(value))
    await update({ max: 2, kept: other, port: 1 })
    await update({ max: 3, kept: structuredClone(kept), port: 2 })
    expect(config.current).toMatchObject({ max: 3 })
    expect((config.current as typeof before).kept).toBe(before.kept)
    await running.reports({ guard: { state: 'taken-back' } })
    expect(config.current).toBe(before)
    expect(seen).toEqual([other, kept])
  })

  it('serves a newer update after all that was being prepared when the one before was taken back', async () => {
    const [judged, prepared] = [gate(), gate()]
    const check: GuardOptions['check'] = async ({ current }) => {
      await judged.passed
      if (current.max === 2) throw new Error('2 is bad')
    }
    await using running = await guarded({ check })
    const { config, source } = running
    await running.update({ max: 2 })
    config.beforeChange(() => prepared.passed)
    source.set({ max: 3 })
    void config.reload()
    await running.reports({ pending: { until: null } })
    judged.open()
    await running.serves({ max: 1 })
    prepared.open()
    await running.serves({ max: 3 })
    await running.reports({ status: 'pass', lastRejection: null })
  })

  it('stops watching when the sources hold the value of before again', async () => {
    await using running = await guarded({ check: not(9) })
    await running.update({ max: 2 })
    await running.update({ max: 1 })
    expect(running.config.health()).toMatchObject({ status: 'pass', guard: { state: 'kept', until: null } })
  })

  it('gives its check the values, the counts and a signal, and ends it when a newer update comes', async () => {
    const seen: unknown[] = []
    const aborted = gate()
    const check: GuardOptions['check'] = ({ current, previous, requests, signal }) => {
      seen.push({ current, previous, requests })
      signal.addEventListener('abort', () => aborted.open())
      return new Promise(() => undefined)
    }
    await using running = await guarded({ check })
    await running.update({ max: 2 })
    await eventually(() => expect(seen).toHaveLength(1))
    expect(seen).toEqual([{ current: { max: 2 }, previous: { max: 1 }, requests: { total: 0, failed: 0 } }])
    await running.update({ max: 3 })
    await aborted.passed
    expect(running.rejections).toEqual([])
    expect(running.config.current).toEqual({ max: 3 })
  })

  it('never shows a secret that its check quotes', async () => {
    const options = { redact: ['key'] }
    const check: GuardOptions['check'] = ({ current }) =>
      Promise.reject(new Error(`no ${(current as { key: string }).key}`))
    const source = drivenSource({ key: 'hunter2hunter2' })
    await using running = await drive(source, { guard: { check, intervalMs: 5 }, ...options })
    await running.update({ key: 'swordfish42' })
    await running.reports({ guard: { state: 'taken-back' } })
    expect(JSON.stringify([running.logger.lines, running.config.health(), running.config.history()])).not.toContain(
      'swordfish42',
    )
  })

  it('takes nothing back after close, and holds no process', async () => {
    const entered = gate()
    const failing = gate()
    const check = () => (entered.open(), failing.passed)
    await using running = await guarded({ check })
    await running.update({ max: 2 })
    await entered.passed
    await running.config.close()
    failing.fail(new Error('bad'))
    await delay(20)
    expect(running.config.current).toEqual({ max: 2 })
    expect(running.rejections).toEqual([])
  })
})

describe('a value that is taken back while a resource for it is built', () => {
  it.each(['onChange', 'onReload'] as const)(
    'is what health tells listeners of %s, which may close',
    async (listen) => {
      let checks = 0
      await using running = await guarded({ check: () => Promise.reject(new Error(`${++checks}`)) })
      const { config } = running
      const seen: unknown[] = []
      config[listen](() => {
        seen.push(config.health().guard?.state)
        void config.close()
      })
      await running.update({ max: 2 }).catch(() => undefined)
      await delay(50)
      expect(seen).toEqual(['baking'])
      expect(checks).toBe(0)
      expect(config.health()).toMatchObject({ version: 2, guard: null })
    },
  )

  it('leaves nothing unhandled when the configuration closes meanwhile', async () => {
    const { config, built } = await takingBack()
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const closed = config.close()
    built.open()
    await closed
    // such a rejection is told after all microtasks, in the same turn of the event loop
    await setImmediate()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  /** Serves `max: 2`, which is being taken back until the gate opens. */
  async function takingBack() {
    const built = gate()
    const running = await guarded({ check: not(2), intervalMs: 50 })
    const create = async (max: number): Promise<void> =>
      max === 1 && running.served.length > 1 ? built.passed : undefined
    await running.config.resource('max', create, { graceMs: 0 })
    await running.update({ max: 2 })
    await running.reports({ guard: { state: 'taken-back' }, pending: { until: null } })
    return { running, built, ...running }
  }

  it('serves again before a newer update, which may be vetoed', async () => {
    const { config, source, built, ...running } = await takingBack()
    config.beforeChange(() => Promise.reject(new Error('not now')))
    source.set({ max: 3 })
    const { reads } = source
    void config.reload()
    await eventually(() => expect(source.reads).toBe(reads + 1))
    // it is read again after that was proposed
    void config.reload()
    await eventually(() => expect(source.reads).toBe(reads + 2))
    expect(config.current).toEqual({ max: 2 })
    built.open()
    await running.serves({ max: 1 })
    await running.reports({ lastRejection: { message: 'vetoed before the change: not now' } })
    expect(config.current).toEqual({ max: 1 })
    await config.close()
  })

  it('serves again although the sources give the bad value in another form, which is judged once more', async () => {
    const { config, source, built, served, ...running } = await takingBack()
    source.set({ max: 2, unknown: true } as Value)
    expect(await config.reload()).toBe('unchanged')
    built.open()
    await eventually(() => expect(served.map(({ max }) => max)).toEqual([1, 2, 1, 2, 1]))
    await running.reports({ guard: { state: 'taken-back' }, status: 'warn' })
    await config.close()
  })
})

describe('the limit on errors', () => {
  const limits = { maxErrorRate: 0.05, minRequests: 50 }

  it('takes an update back whose requests fail, and says what was measured', async () => {
    await using running = await guarded(limits)
    const { config, update, rejections } = running
    count(config, config.current, 1000, 3)
    await update({ max: 2 })
    count(config, config.current, 250, 31)
    await running.serves({ max: 1 })
    expect(rejections[0]?.message).toBe(
      'taken back by the guard: 5xx 12.4 % of 250 requests, at most 5 %; before 0.3 %',
    )
  })

  it('says when there were none before', async () => {
    await using running = await guarded(limits)
    await running.update({ max: 2 })
    count(running.config, running.config.current, 50, 50)
    await running.serves({ max: 1 })
    expect(running.rejections[0]?.message).toContain('5xx 100 % of 50 requests, at most 5 %; before none')
  })

  it('counts what failed while the last check of the program took its time', async () => {
    const last = gate()
    let checks = 0
    await using running = await guarded({ ...limits, bakeMs: 1, check: () => (checks++, last.passed) })
    await running.update({ max: 2 })
    await eventually(() => expect(checks).toBe(1))
    count(running.config, running.config.current, 50, 50)
    last.open()
    await running.serves({ max: 1 })
  })

  it.each<[string, [total: number, failed: number], [total: number, failed: number]]>([
    ['too few requests', [0, 0], [49, 49]],
    ['as many errors as the limit allows', [0, 0], [100, 5]],
    ['errors that were there before', [100, 10], [100, 20]],
  ])('does not take an update back for %s', async (_, before, now) => {
    await using running = await guarded({ ...limits, bakeMs: 100 })
    count(running.config, running.config.current, ...before)
    await running.update({ max: 2 })
    count(running.config, running.config.current, ...now)
    await running.reports({ guard: { state: 'kept' } })
    expect(running.config.current).toEqual({ max: 2 })
  })

  it('does not blame an update for slow requests of the value before', async () => {
    await using running = await guarded({ ...limits, bakeMs: 100 })
    const before = running.config.current
    await running.update({ max: 2 })
    count(running.config, before, 100, 100)
    await running.reports({ guard: { state: 'kept' } })
  })

  it.each<[string, (running: Driven<Value, Value>) => Promise<unknown>]>([
    ['the sources brought back', ({ update }) => update({ max: 1 })],
    ['another update replaced', ({ update }) => update({ max: 3 }).then(() => update({ max: 1 }))],
  ])('does not excuse an update by what failed in the one that %s', async (_, goBack) => {
    await using running = await guarded(limits)
    const { config, update } = running
    count(config, config.current, 200)
    await update({ max: 2 })
    count(config, config.current, 40, 40)
    await goBack(running)
    expect(config.health().guard).toEqual({ state: 'kept', until: null })
    await update({ max: 4 })
    count(config, config.current, 100, 100)
    await running.reports({ guard: { state: 'taken-back' } })
    expect(running.rejections[0]?.message).toContain('5xx 100 % of 100 requests, at most 5 %; before 0 %')
  })

  it('does not excuse an update by slow requests of one that was taken back', async () => {
    await using running = await guarded(limits)
    const { config, update } = running
    count(config, config.current, 100)
    await update({ max: 2 })
    const bad = config.current
    count(config, bad, 60, 60)
    await running.serves({ max: 1 })
    count(config, bad, 150, 150)
    await update({ max: 3 })
    count(config, config.current, 100, 100)
    await eventually(() => expect(running.served.map(({ max }) => max)).toEqual([1, 2, 1, 3, 1]))
    expect(config.health().guard).toEqual({ state: 'taken-back', until: null })
  })

  it('counts for the newest update alone', async () => {
    await using running = await guarded(limits)
    await running.update({ max: 2 })
    const second = running.config.current
    count(running.config, second, 49, 49)
    await running.update({ max: 3 })
    count(running.config, second, 100, 100)
    count(running.config, running.config.current, 49, 49)
    await delay(50)
    expect(running.config.current).toEqual({ max: 3 })
    count(running.config, running.config.current, 1, 1)
    await running.serves({ max: 1 })
  })
})

describe('the limit on the delay of the event loop', () => {
  const block = (ms: number): void => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }

  it('takes an update back that blocks the process', async () => {
    await using running = await guarded({ maxEventLoopDelayMs: 60, intervalMs: 100 })
    running.config.onChange(async ({ next }) => {
      for (let time = 0; time < 20 && next.value.max === 2; time++) {
        block(150)
        await delay(1)
      }
    })
    await running.update({ max: 2 })
    await running.serves({ max: 1 })
    expect(running.rejections[0]?.message).toMatch(
      /^taken back by the guard: event loop delay \d+ ms at the 99th percentile, at most 60 ms; before \d+ ms$/,
    )
  })
})

describe('resources of an update that is taken back', () => {
  it('are used again while they are in their grace time, and not built again', async () => {
    await using running = await guarded({ check: not(2) })
    const { config, update } = running
    const built: number[] = []
    const disposed: unknown[] = []
    const pool = await config.resource('max', (max) => (built.push(max), { max }), {
      graceMs: 60_000,
      dispose: (resource) => disposed.push(resource),
    })
    const first = pool.current
    await update({ max: 2 })
    expect(pool.current).toEqual({ max: 2 })
    await running.serves({ max: 1 })
    expect(pool.current).toBe(first)
    expect(built).toEqual([1, 2])
    await config.close()
    expect(disposed).toHaveLength(2)
  })

  it('are built again when their grace time is over, and hooks have no say', async () => {
    await using running = await guarded({ check: not(2), intervalMs: 50 })
    const { config, update } = running
    const built: number[] = []
    const pool = await config.resource('max', (max) => (built.push(max), { max }), { graceMs: 0 })
    config.beforeChange(({ next }) => {
      if (next.value.max === 1) throw new Error('never back')
    })
    await update({ max: 2 })
    await running.serves({ max: 1 })
    expect(pool.current).toEqual({ max: 1 })
    expect(built).toEqual([1, 2, 1])
  })

  it('are tried again until they can be built; meanwhile the content is not taken again', async () => {
    let isDown = false
    await using running = await guarded({ check: not(2), intervalMs: 50 })
    const { config, update } = running
    await config.resource('max', (max) => (isDown ? Promise.reject(new Error('down')) : { max }), { graceMs: 0 })
    await update({ max: 2 })
    isDown = true
    await eventually(() => expect(running.rejections.at(-1)?.error.code).toBe('HOT_CONFIG_RESOURCE'))
    await config.reload()
    isDown = false
    await running.serves({ max: 1 })
    expect(config.health()).toMatchObject({ guard: { state: 'taken-back' }, status: 'warn' })
    expect(config.health().lastRejection?.message).toContain('2 is bad')
  })

  /** Serves the bad `max: 2`, because the resource for `max: 1` can't be built again until `repair()`. */
  async function brokenTakeBack() {
    let isDown = false
    const running = await guarded({ check: not(2), intervalMs: 50 })
    const create = (max: number): unknown => (isDown && max === 1 ? Promise.reject(new Error('down')) : { max })
    await running.config.resource('max', create, { graceMs: 0 })
    await running.update({ max: 2 })
    isDown = true
    await eventually(() => expect(running.rejections.at(-1)?.error.code).toBe('HOT_CONFIG_RESOURCE'))
    return { ...running, repair: () => void (isDown = false) }
  }

  it('are tried again after a newer update that is vetoed, which is tried again after them', async () => {
    const { config, source, repair, ...running } = await brokenTakeBack()
    let isVetoed = true
    config.beforeChange(() => (isVetoed ? Promise.reject(new Error('not now')) : undefined))
    source.set({ max: 3 })
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ max: 2 })
    repair()
    await running.serves({ max: 1 })
    await running.reports({ lastRejection: { message: 'vetoed before the change: not now' } })
    isVetoed = false
    await running.serves({ max: 3 })
    await config.close()
  })

  it('are tried again after a newer update that the sources lost while it was prepared', async () => {
    const { config, source, repair, served, ...running } = await brokenTakeBack()
    const hook = gate()
    const remove = config.beforeChange(() => hook.passed)
    source.set({ max: 3 })
    const newer = config.reload()
    await running.reports({ pending: { until: null } })
    source.set({ max: 2, unknown: true } as Value)
    expect(await config.reload()).toBe('unchanged')
    expect(await newer).toBe('unchanged')
    remove()
    repair()
    await eventually(() => expect(served).toContainEqual({ max: 1 }))
    await running.reports({ guard: { state: 'taken-back' }, status: 'warn' })
    expect(served).not.toContainEqual({ max: 3 })
    await config.close()
  })

  it('are built without a word of the hooks, also when the sources hold the value of before again', async () => {
    const { config, source, repair, ...running } = await brokenTakeBack()
    config.beforeChange(() => Promise.reject(new Error('never back')))
    source.set({ max: 1 })
    await config.reload()
    repair()
    await running.serves({ max: 1 })
    await running.reports({ status: 'pass' })
    await config.close()
  })
})

describe('a canary', () => {
  it('that is taken back leaves the process on the stable content, whose updates arrive', async () => {
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', {})]
    const guard = { check: not(2), intervalMs: 5 }
    await using running = await follow(withCanary(stable, canary), { schema, guard })
    const { config, rejections } = running
    const before = config.current
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":2}' })
    await config.reload()
    await running.reports({ canary: { state: 'taken-back', chosen: true }, status: 'warn' })
    expect(config.current).toBe(before)
    expect(rejections[0]).toMatchObject({ source: 'canary', error: { code: 'HOT_CONFIG_TAKEN_BACK' } })
    stable.set({ 'a.json': '{"max":5}' })
    await config.reload()
    await running.serves({ max: 5 })
    canary.set({ 'hot-config.share': '50%', 'a.json': '{"max":2}' })
    await config.reload()
    expect(config.current).toEqual({ max: 5 })
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":3}' })
    await config.reload()
    await running.serves({ max: 3 })
    await running.reports({ canary: { state: 'serving' }, status: 'pass' })
  })

  it('that comes with a stable update is taken back alone', async () => {
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', {})]
    await using running = await follow(withCanary(stable, canary), { schema, guard: { check: not(2), intervalMs: 5 } })
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":2}' })
    stable.set({ 'a.json': '{"max":7}' })
    await running.config.reload()
    await running.serves({ max: 7 })
    expect(running.config.health()).toMatchObject({ canary: { state: 'taken-back' } })
  })

  it('that comes beside another one which has baked is taken back, and stable updates arrive', async () => {
    const [a, b] = [drivenFiles('a', { 'a.json': '{"max":1}' }), drivenFiles('b', { 'b.json': '{}' })]
    const [first, second] = [
      drivenFiles('first', { 'hot-config.share': '100%', 'a.json': '{"max":5}' }),
      drivenFiles('second'),
    ]
    const sources = [withCanary(a, first), withCanary(b, second)]
    await using running = await follow(sources, { schema, guard: { check: not(2), intervalMs: 5 } })
    const { config, served } = running
    expect(config.current).toEqual({ max: 5 })
    second.set({ 'hot-config.share': '100%', 'b.json': '{"max":2}' })
    await config.reload()
    await running.reports({ canary: { state: 'taken-back' } })
    await running.serves({ max: 1 })
    a.set({ 'a.json': '{"max":3}' })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ max: 3 })
    expect(served.filter(({ max }) => max === 2)).toHaveLength(1)
  })

  it('that was served before is not to blame for a stable update, which is not tried without it either', async () => {
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    const canary = drivenFiles('canary', { 'hot-config.share': '100%', 'b.json': '{"other":1}' })
    await using running = await follow(withCanary(stable, canary), { schema, guard: { check: not(2), intervalMs: 5 } })
    const { config, served } = running
    stable.set({ 'a.json': '{"max":2}' })
    await config.reload()
    await running.reports({ guard: { state: 'taken-back' }, canary: { state: 'serving' } })
    expect(await config.reload()).toBe('rejected')
    expect(config.health()).toMatchObject({ guard: { state: 'taken-back' }, canary: { state: 'serving' } })
    expect(served).toHaveLength(3)
    expect(config.current).toBe(served[0])
    stable.set({ 'a.json': '{"max":3}' })
    await config.reload()
    await running.reports({ status: 'pass', canary: { state: 'serving' }, version: 4 })
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['deleted', {}],
    ['no longer chosen', { 'hot-config.share': '0%', 'a.json': '{"max":5}' }],
  ])('that has baked and is %s does not come back, whatever fails then', async (_, next) => {
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', {})]
    const guard = { bakeMs: 20, intervalMs: 5, maxErrorRate: 0.05, minRequests: 50 }
    await using running = await follow(withCanary(stable, canary), { schema, guard })
    const { config } = running
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":5}' })
    await config.reload()
    await running.reports({ guard: { state: 'kept' }, canary: { state: 'serving' } })
    canary.set(next)
    await config.reload()
    expect(config.current).toEqual({ max: 1 })
    expect(config.health().guard).toEqual({ state: 'kept', until: null })
    count(config, config.current, 100, 100)
    // updates are judged again
    stable.set({ 'a.json': '{"max":7}' })
    await config.reload()
    expect(config.health().guard).toMatchObject({ state: 'baking' })
    expect(running.served.map(({ max }) => max)).toEqual([1, 5, 1, 7])
  })

  it('that is taken back where another content of it has baked is reported as taken back, by the guard as well', async () => {
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', {})]
    const guard = { bakeMs: 20, intervalMs: 5, check: not(2) }
    await using running = await follow(withCanary(stable, canary), { schema, guard })
    const { config } = running
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":5}' })
    await config.reload()
    await running.reports({ guard: { state: 'kept' }, canary: { state: 'serving' } })
    canary.set({ 'hot-config.share': '100%', 'a.json': '{"max":2}' })
    await config.reload()
    await running.serves({ max: 1 })
    expect(config.health()).toMatchObject({ guard: { state: 'taken-back' }, canary: { state: 'taken-back' } })
    canary.set({})
    await config.reload()
    stable.set({ 'a.json': '{"max":3}' })
    await config.reload()
    await running.reports({ status: 'pass', guard: { state: 'kept' } })
  })

  it('waits while the stable content is what was taken back, which it would serve too', async () => {
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', {})]
    await using running = await follow(withCanary(stable, canary), { schema, guard: { check: not(2), intervalMs: 5 } })
    const { config, served } = running
    stable.set({ 'a.json': '{"max":2}' })
    await config.reload()
    await running.reports({ guard: { state: 'taken-back' } })
    canary.set({ 'hot-config.share': '100%', 'b.json': '{"other":1}' })
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toBe(served[0])
    expect(config.health()).toMatchObject({ canary: { state: 'waiting' }, guard: { state: 'taken-back' } })
    stable.set({ 'a.json': '{"max":3}' })
    await config.reload()
    await running.reports({ status: 'pass', canary: { state: 'serving' } })
    expect(config.current).toEqual({ max: 3 })
  })
})
