import { createHotConfig, values, volume, withFallback } from '@hot-config/core'
import type { Reading, Source } from '@hot-config/core'
import { createConfigMapVolume, sourceContract } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'

/** A source whose every word is the test's. */
function scripted(name: string): Source & { reading: Partial<Reading> | Error | 'never'; told: () => void } {
  const told = new Set<() => void>()
  const source: ReturnType<typeof scripted> = {
    name,
    reading: {},
    told: () => told.forEach((changed) => changed()),
    read: async (signal) => {
      const { reading } = source
      if (reading instanceof Error) throw reading
      if (reading === 'never') {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      }
      const revision = reading.revision ?? '1'
      return { revision, stamp: revision, entries: [{ path: ['from'], value: `${name} ${revision}` }], ...reading }
    },
    watch: ({ changed }) => {
      told.add(changed)
      return { by: `watch of ${name}`, warnings: [`a warning of ${name}`], close: () => void told.delete(changed) }
    },
  }
  return source
}

it('leaves nothing behind when the second source can not be watched', () => {
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
  it('serves the first when that can be read, and is not concerned with the second', async () => {
    const [first, second] = [scripted('first'), scripted('second')]
    second.reading = new Error('gone')
    await using config = await createHotConfig({ sources: withFallback(first, second), logger: false })
    second.told()
    await config.reload()
    expect(config.current).toEqual({ from: 'first 1' })
    expect(config.health()).toMatchObject({
      status: 'pass',
      reloads: { unchanged: 1 },
      sources: [{ name: 'first', revision: '1', watching: 'watch of first', warnings: ['a warning of first'] }],
    })
  })

  it('starts from the second when the first fails, follows it, and hands over when the first can be read', async () => {
    const [first, second] = [scripted('first'), scripted('second')]
    first.reading = new Error('forbidden')
    await using config = await createHotConfig({ sources: withFallback(first, second), logger: false })
    expect(config.current).toEqual({ from: 'second 1' })
    const [health] = config.health().sources
    expect(health).toMatchObject({ name: 'second', revision: '1', watching: 'watch of second', updatable: true })
    expect(health?.warnings[0]).toMatch(/^serves in place of first since \d{4}-.*: it can't be read: forbidden$/)
    expect(health?.warnings.slice(1)).toEqual(['a warning of first', 'a warning of second'])
    second.reading = { revision: '2' }
    second.told()
    await eventually(() => expect(config.current).toEqual({ from: 'second 2' }))
    first.reading = { revision: '7' }
    first.told()
    await eventually(() => expect(config.current).toEqual({ from: 'first 7' }))
    expect(config.health().sources[0]).toMatchObject({ name: 'first', warnings: ['a warning of first'] })
  })

  it('starts from the second when the first takes too long', async () => {
    const [first, second] = [scripted('first'), scripted('second')]
    first.reading = 'never'
    const source = withFallback(first, second, { patienceMs: 20 })
    await using config = await createHotConfig({ sources: source, logger: false })
    expect(config.current).toEqual({ from: 'second 1' })
    expect(config.health().sources[0]?.warnings[0]).toMatch(/not read within 20 ms$/)
  })

  it('keeps the first while updates do not reach it, until the second brings something new', async () => {
    const [first, second] = [scripted('first'), scripted('second')]
    await using config = await createHotConfig({ sources: withFallback(first, second), logger: false })
    first.reading = { updatable: false }
    first.told()
    await eventually(() => expect(config.health().status).toBe('warn'))
    expect(config.current).toEqual({ from: 'first 1' })
    second.reading = { revision: '2' }
    second.told()
    await eventually(() => expect(config.current).toEqual({ from: 'second 2' }))
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ name: 'second' }] })
    expect(config.health().sources[0]?.warnings[0]).toMatch(/updates do not reach it$/)
    first.reading = { revision: '3' }
    first.told()
    await eventually(() => expect(config.current).toEqual({ from: 'first 3' }))
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ name: 'first' }] })
  })

  it('goes back to the second when the first can no longer be read', async () => {
    const [first, second] = [scripted('first'), scripted('second')]
    await using config = await createHotConfig({ sources: withFallback(first, second), logger: false })
    first.reading = new Error('gone')
    first.told()
    await eventually(() => expect(config.current).toEqual({ from: 'second 1' }))
  })

  it('says why neither can be read', async () => {
    const [first, second] = [scripted('first'), scripted('second')]
    first.reading = new Error('forbidden')
    second.reading = new Error('not mounted')
    const starting = createHotConfig({ sources: withFallback(first, second), logger: false })
    await expect(starting).rejects.toThrow("first: can't be read: forbidden; nor can second: not mounted")
  })

  it('stands in for sources that have no watch', async () => {
    const first = scripted('first')
    first.reading = new Error('gone')
    await using config = await createHotConfig({ sources: withFallback(first, values({ a: 1 })), logger: false })
    expect(config.current).toEqual({ a: 1 })
    expect(config.health().sources[0]).toMatchObject({ name: 'values', watching: 'none' })
  })
})
