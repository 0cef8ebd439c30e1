import { answerHealth } from '@hot-config/core'
import type { Change, HistoryEntry, Schema } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { proves } from '../requirements.ts'

proves('secrets-stay-secret')

type ChangeEntry = Extract<HistoryEntry, { type: 'change' }>

const HIDDEN = '[redacted]'

/** Keys in the order of their names. */
const keyOf = (index: number): string => `item${String(index).padStart(5, '0')}`

const content = (n: number, count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [keyOf(index), `value ${n} of ${index}`]))

const start = (initial: unknown, schema?: Schema): Promise<Driven<unknown>> => drive(drivenSource(initial), { schema })

const changesOf = ({ config }: Driven<unknown>): ChangeEntry[] =>
  config.history().filter((entry) => entry.type === 'change')

const sizesOf = (entries: readonly ChangeEntry[]): [number, number][] =>
  entries.map(({ differences, omitted }) => [differences.length, omitted])

describe('a change of many values', () => {
  it.each([
    [1, 0],
    [999, 0],
    [1_000, 0],
    [1_001, 1],
    [10_000, 9_000],
  ])('of %i omits %i of them, in the history and in the log', async (count, omitted) => {
    await using running = await start(content(1, count))
    await running.update(content(2, count))
    const shown = Array.from({ length: count - omitted }, (_, index) => ({
      path: keyOf(index),
      before: `value 1 of ${index}`,
      after: `value 2 of ${index}`,
    }))
    expect(changesOf(running)).toMatchObject([{ differences: shown, omitted }])
    const line = running.logger.lines.find(({ message }) => message === 'configuration changed')
    const written = JSON.parse(JSON.stringify(line?.details)) as object
    expect(written).toMatchObject({ changes: shown })
    expect('omitted' in written).toBe(omitted > 0)
    if (omitted > 0) expect(written).toMatchObject({ omitted })
  })

  it('says on the page how many more there are', async () => {
    await using running = await start(content(1, 1_200))
    await running.update(content(2, 1_200))
    const headers = { accept: 'text/html' }
    const { body } = await answerHealth(running.config, { headers, url: '/config/health' }, { page: true })
    expect(body).toContain('And 1150 more.')
  })

  it('tells a listener all paths', async () => {
    await using running = await start(content(1, 2_500))
    const changes: Change<unknown>[] = []
    running.config.onChange((change) => changes.push(change))
    await running.update(content(2, 2_500))
    expect(changes[0]?.paths).toHaveLength(2_500)
  })
})

describe('the history', () => {
  it('has at most 1,000 differences of all changes together, those of the newest', async () => {
    await using running = await start(content(0, 400))
    for (let n = 1; n <= 4; n++) await running.update(content(n, 400))
    expect(sizesOf(changesOf(running))).toEqual([
      [0, 400],
      [200, 200],
      [400, 0],
      [400, 0],
    ])
    // what was read before is cut as well
    await running.update(content(5, 400))
    expect(sizesOf(changesOf(running)).slice(1)).toEqual([
      [0, 400],
      [200, 200],
      [400, 0],
      [400, 0],
    ])
    const [, , last] = changesOf(running)
    expect(last?.differences.at(-1)).toEqual({ path: keyOf(199), before: 'value 2 of 199', after: 'value 3 of 199' })
  })

  it('hides a value that is too large to be checked, and says where it is', async () => {
    await using running = await start({ n: 1 })
    await running.update({ n: 2, big: content(1, 10_000), text: 'x'.repeat(2 * 1024 * 1024) })
    const [change] = changesOf(running)
    expect(change?.differences).toEqual([
      { path: 'n', before: 1, after: 2 },
      { path: 'big', before: undefined, after: HIDDEN },
    ])
    expect(change?.omitted).toBe(1)
  })

  it('shows a text of one mebibyte', async () => {
    const text = 'a line of a document\n'.repeat(40_000)
    await using running = await start({ text: '' })
    await running.update({ text })
    expect(changesOf(running)[0]?.differences).toEqual([{ path: 'text', before: '', after: text }])
  })

  const derive: Schema = (input: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(input).map(([key, value]) => [`its${key}`, `${String(value)}!`]))

  it.each<[string, Schema | undefined]>([
    ['as the sources have them', undefined],
    ['that a schema makes', derive],
  ])('stalls nothing after 20 changes of 10,000 values %s', { timeout: 60_000 }, async (_what, schema) => {
    const secrets = Array.from({ length: 100 }, (_, index) => `secret-number-${index}-${index * 7919}`)
    await using running = await start({ ...content(0, 10_000), secrets }, schema)
    for (let n = 1; n <= 20; n++) {
      await running.update({ ...content(n, 10_000), secrets })
      // has a limit of its own
      expect(running.config.snapshot.digest).toMatch(/^sha256:/)
    }
    const before = process.cpuUsage()
    const entries = changesOf(running)
    const { user, system } = process.cpuUsage(before)
    expect(entries).toHaveLength(20)
    expect(entries.at(-1)?.differences.length).toBeGreaterThan(50)
    for (const { differences, omitted } of entries) expect(differences.length + omitted).toBe(10_000)
    // it took several seconds when every value was checked
    expect((user + system) / 1_000).toBeLessThan(1_000)
  })
})
