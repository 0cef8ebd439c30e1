import { createHotConfig, values, volume, withFallback } from '@hot-config/core'
import type { Reading, Source } from '@hot-config/core'
import { createConfigMapVolume, sourceContract } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { follow } from '../support/follow.ts'

type Held = Partial<Reading>

/** A source whose readings a test sets. Its value is its name and the revision. */
const named = (name: string): DrivenSource<Held> =>
  drivenSource<Held>(
    {},
    {
      name,
      reading: ({ revision = '1', ...more }) => ({
        revision,
        stamp: revision,
        entries: [{ path: ['from'], value: `${name} ${revision}` }],
        ...more,
      }),
      watchWarnings: [`a warning of ${name}`],
    },
  )

it("leaves nothing open when the second source can't be watched", () => {
  const closed: string[] = []
  const watched = (name: string, watch: NonNullable<Source['watch']>): Source => ({ ...values({}), name, watch })
  const first = watched('first', () => ({ by: 'hand', warnings: [], close: () => closed.push('first') }))
  const second = watched('second', () => {
    throw new Error('no watch for you')
  })
  const watch = (): unknown =>
    withFallback(first, second).watch?.({ recheckMs: 1_000, lastStamp: () => undefined, changed: () => undefined })
  expect(watch).toThrow('no watch for you')
  expect(closed).toEqual(['first'])
})

describe('withFallback() of two volumes', () => {
  sourceContract({
    describe,
    it,
    factory: async () => {
      const [first, second] = [await createConfigMapVolume(), await createConfigMapVolume()]
      await first.remove()
      let version = 0
      const change = (): Promise<void> => second.update({ 'app.json': `{"version":${++version}}` })
      await change()
      return {
        source: withFallback(volume(first.path), volume(second.path)),
        change,
        dispose: () => second.remove(),
      }
    },
    capabilities: { vanishes: false },
  })
})

describe('withFallback()', () => {
  it('serves the first when that can be read, whatever the second does', async () => {
    const [first, second] = [named('first'), named('second')]
    second.set(new Error('gone'))
    await using running = await follow(withFallback(first, second))
    const { config } = running
    second.notify()
    await config.reload()
    expect(config.current).toEqual({ from: 'first 1' })
    expect(config.health()).toMatchObject({
      status: 'pass',
      reloads: { unchanged: 1 },
      sources: [{ name: 'first', revision: '1', watching: 'hand of first', warnings: ['a warning of first'] }],
    })
  })

  it('starts from the second when the first fails, follows it, and switches when the first can be read', async () => {
    const [first, second] = [named('first'), named('second')]
    first.set(new Error('forbidden'))
    await using running = await follow(withFallback(first, second))
    const { config, serves } = running
    expect(config.current).toEqual({ from: 'second 1' })
    const [health] = config.health().sources
    expect(health).toMatchObject({ name: 'second', revision: '1', watching: 'hand of second', updatable: true })
    expect(health?.warnings[0]).toMatch(/^serves in place of first since \d{4}-.*: it can't be read: forbidden$/)
    expect(health?.warnings.slice(1)).toEqual(['a warning of first', 'a warning of second'])
    second.set({ revision: '2' })
    second.notify()
    await serves({ from: 'second 2' })
    first.set({ revision: '7' })
    first.notify()
    await serves({ from: 'first 7' })
    expect(config.health().sources[0]).toMatchObject({ name: 'first', warnings: ['a warning of first'] })
  })

  it('starts from the second when the first takes too long', async () => {
    const [first, second] = [named('first'), named('second')]
    first.hang()
    const source = withFallback(first, second, { patienceMs: 20 })
    await using running = await follow(source)
    const { config } = running
    expect(config.current).toEqual({ from: 'second 1' })
    expect(config.health().sources[0]?.warnings[0]).toMatch(/not read within 20 ms$/)
  })

  it('keeps the first while updates do not reach it, until the second has something new', async () => {
    const [first, second] = [named('first'), named('second')]
    await using running = await follow(withFallback(first, second))
    const { config, serves, reports } = running
    first.set({ updatable: false })
    first.notify()
    await reports({ status: 'warn' })
    expect(config.current).toEqual({ from: 'first 1' })
    second.set({ revision: '2' })
    second.notify()
    await serves({ from: 'second 2' })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ name: 'second' }] })
    expect(config.health().sources[0]?.warnings[0]).toMatch(/updates do not reach it$/)
    first.set({ revision: '3' })
    first.notify()
    await serves({ from: 'first 3' })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ name: 'first' }] })
  })

  it('goes back to the second when the first can no longer be read', async () => {
    const [first, second] = [named('first'), named('second')]
    await using running = await follow(withFallback(first, second))
    first.set(new Error('gone'))
    first.notify()
    await running.serves({ from: 'second 1' })
  })

  it('says why neither can be read', async () => {
    const [first, second] = [named('first'), named('second')]
    first.set(new Error('forbidden'))
    second.set(new Error('not mounted'))
    const starting = createHotConfig({ sources: withFallback(first, second), logger: false })
    await expect(starting).rejects.toThrow("first: can't be read: forbidden; nor can second: not mounted")
  })

  it('may take as long as its sources may, one after the other', () => {
    const limited = (readTimeoutMs?: number): Source => ({ ...values({}), readTimeoutMs })
    expect(withFallback(limited(), limited(), { patienceMs: 500 }).readTimeoutMs).toBe(10_500)
    expect(withFallback(limited(60_000), limited(35_000), { patienceMs: 500 }).readTimeoutMs).toBe(35_500)
    expect(withFallback(limited(), limited(2 ** 31 - 1), { patienceMs: 500 }).readTimeoutMs).toBe(2 ** 31 - 1)
  })

  it('works with sources that have no watch', async () => {
    const first = drivenSource(new Error('gone'))
    await using running = await follow(withFallback(first, values({ a: 1 })))
    const { config } = running
    expect(config.current).toEqual({ a: 1 })
    expect(config.health().sources[0]).toMatchObject({ name: 'values', watching: 'none' })
  })
})
