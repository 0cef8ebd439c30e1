import { createHotConfig } from '@hot-config/core'
import type { HistoryEntry, Reading } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'

type Change = Extract<HistoryEntry, { type: 'change' }>

const start = (initial: unknown, redact: readonly string[] = []): Promise<Driven<Record<string, unknown>>> =>
  drive(drivenSource(initial), {
    schema: (input: Record<string, unknown>) => {
      if ((input['n'] as number) < 0) throw new Error(`n: got ${String(input['n'])}`)
      return input
    },
    redact,
  })

describe('history()', () => {
  it('is empty after the first load, and is plain JSON', async () => {
    await using running = await start({ n: 1 })
    expect(running.config.history()).toEqual([])
    await running.update({ n: 2 })
    await running.update({ n: -1 })
    const history = running.config.history()
    expect(JSON.parse(JSON.stringify(history))).toEqual(history)
  })

  it('keeps the last 20 changes and rejections, oldest first', async () => {
    await using running = await start({ n: 0 })
    const { config, update } = running
    for (let n = 1; n <= 30; n++) await update({ n: n % 3 === 0 ? -n : n })
    const history = config.history()
    expect(history).toHaveLength(20)
    expect(history.map((entry) => (entry.type === 'change' ? entry.differences[0]?.after : entry.message))).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 11).map((n) => (n % 3 === 0 ? `n: got -${n}` : n)),
    )
    const times = history.map(({ at }) => at)
    expect(times.every((at) => new Date(at).toISOString() === at)).toBe(true)
    expect(times).toEqual(times.toSorted())
  })

  it('has no entry for a reload that changed nothing', async () => {
    await using running = await start({ n: 1 })
    expect(await running.update({ n: 1 })).toBe('unchanged')
    expect(running.config.history()).toEqual([])
  })

  it('has the version, the digest and the differences of a change', async () => {
    await using running = await start({ n: 1, servers: [{ host: 'a' }, { host: 'b' }], gone: true })
    const { config, update } = running
    await update({ n: 2, servers: [{ host: 'a' }, { host: 'c' }], come: { x: 1 } })
    const { version, digest, loadedAt } = config.snapshot
    expect(config.history()).toMatchObject([
      {
        type: 'change',
        at: loadedAt,
        version,
        digest,
        differences: [
          { path: 'gone', before: true, after: undefined },
          { path: 'n', before: 1, after: 2 },
          { path: 'servers[1].host', before: 'b', after: 'c' },
          { path: 'come', before: undefined, after: { x: 1 } },
        ],
      },
    ])
  })

  it('has how long each stage took, with hooks and resources', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.json': '{"n":1}' })
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))
    await using config = await createHotConfig({
      sources: volume.path,
      schema: async (input) => {
        await wait()
        return input
      },
      logger: false,
    })
    await volume.update({ 'app.json': '{"n":2}' })
    await config.reload()
    config.beforeChange(wait)
    await config.resource('n', wait)
    await volume.update({ 'app.json': '{"n":3}' })
    await config.reload()
    const [plain, prepared] = config.history() as Change[]
    for (const { durations } of [plain, prepared] as Change[]) {
      expect(durations.read).toBeGreaterThan(0)
      // timers may come a millisecond early
      expect(durations.validate).toBeGreaterThanOrEqual(29)
    }
    expect(plain?.durations.prepare).toBe(0)
    expect(prepared?.durations.prepare).toBeGreaterThanOrEqual(58)
  })

  it('hides redacted values in what was changed, added and removed', async () => {
    const before = { n: 1, db: { password: 'old-secret', host: 'a' }, gone: { token: 'gone-secret' } }
    await using running = await start(before, ['**.password', '**.token'])
    const { config, update } = running
    await update({ n: 1, db: { password: 'new-secret', host: 'b' }, come: [{ token: 'come-secret', open: 'x' }] })
    const hidden = '[redacted]'
    expect(config.history()).toMatchObject([
      {
        differences: [
          { path: 'db.host', before: 'a', after: 'b' },
          { path: 'db.password', before: hidden, after: hidden },
          { path: 'gone', before: { token: hidden } },
          { path: 'come', after: [{ token: hidden, open: 'x' }] },
        ],
      },
    ])
    expect(JSON.stringify(config.history())).not.toContain('secret')
  })

  it('keeps no older snapshots in memory', async () => {
    class Big {
      readonly bytes = Buffer.alloc(16)
    }
    const references: WeakRef<Big>[] = []
    // not followed: the record would keep every value
    const source = drivenSource({ n: 0 })
    await using config = await createHotConfig({
      sources: source,
      schema: (input) => {
        const big = new Big()
        references.push(new WeakRef(big))
        return { n: input['n'] as number, big }
      },
      logger: false,
    })
    // hooks see all of them as well
    config.beforeChange(({ next }) => {
      if (next.value.n % 2 === 1) throw new Error('odd ones are refused')
    })
    for (let n = 1; n <= 200; n++) {
      source.set({ n })
      await config.reload()
    }
    expect(references).toHaveLength(201)
    const kept = await collected(references)
    // of the last 20 entries each has a step between two, and the last 20 proposed values may be quoted in errors
    expect(kept).toBeLessThanOrEqual(64)
    expect(kept).toBeGreaterThan(0)
  })
})

describe('what a source read', () => {
  it('is not kept in memory when something else was read', async () => {
    const references: WeakRef<object>[] = []
    const reading = (): Partial<Reading> => {
      const bytes = Buffer.from(JSON.stringify({ n: references.length }))
      references.push(new WeakRef(bytes))
      return { revision: String(references.length), entries: [{ key: 'folder/app.json', bytes }] }
    }
    const source = drivenSource(undefined, { reading })
    await using config = await createHotConfig({ sources: source, logger: false })
    for (let n = 1; n < 200; n++) expect(await config.reload()).toBe('changed')
    expect(references).toHaveLength(200)
    expect(await collected(references)).toBeLessThanOrEqual(3)
  })
})

/** How many are left when garbage was collected. */
async function collected(references: readonly WeakRef<object>[]): Promise<number> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // a WeakRef holds what it gave until the turn ends
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  return references.filter((reference) => reference.deref() !== undefined).length
}
