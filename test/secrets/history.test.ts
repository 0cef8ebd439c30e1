import { createHotConfig } from '@hot-config/core'
import type { Entry, HotConfig, HistoryEntry } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'

const plain = (value: object): Entry => ({ path: [], value })
const secret = (value: object): Entry => ({ path: ['vault'], value, secret: true })

async function follow(
  ...first: Entry[]
): Promise<HotConfig<Record<string, unknown>> & { update(...entries: Entry[]): Promise<unknown> }> {
  const source: DrivenSource<readonly Entry[]> = drivenSource<readonly Entry[]>(first, {
    reading: (entries) => ({ entries }),
  })
  const config = await createHotConfig({ sources: source, logger: false })
  return Object.assign(config, {
    update: async (...entries: Entry[]) => {
      source.set(entries)
      return config.reload()
    },
  })
}

function lastDifference(history: readonly HistoryEntry[], index = -1): unknown {
  const entry = history.at(index)
  return entry?.type === 'change' ? entry.differences : undefined
}

describe('the history', () => {
  it('hides what was a secret at the time of a change, although it is read much later', async () => {
    await using config = await follow(plain({ n: 0 }), secret({ it: 'hunter22' }))
    await config.update(plain({ n: 1 }), secret({ it: 'hunter23' }))
    // it is a secret no more, nor is its path
    for (let n = 2; n <= 19; n++) await config.update(plain({ n, vault: { other: 'open' } }))
    const history = config.history()
    expect(history).toHaveLength(19)
    expect(lastDifference(history, 0)).toEqual([
      { path: 'n', before: 0, after: 1 },
      { path: 'vault.it', before: '[redacted]', after: '[redacted]' },
    ])
    expect(JSON.stringify(history)).not.toContain('hunter')
  })

  it('keeps hidden what it hid once', async () => {
    await using config = await follow(plain({ n: 0 }), secret({ it: 'hunter22' }))
    await config.update(plain({ n: 1 }), secret({ it: 'hunter23' }))
    const read = lastDifference(config.history(), 0)
    for (let n = 2; n <= 19; n++) {
      await config.update(plain({ n, vault: { it: `open-${n}` } }))
      expect(lastDifference(config.history(), 0)).toEqual(read)
    }
  })

  it('hides what has become a secret since', async () => {
    await using config = await follow(plain({ n: 0, note: 'none' }))
    await config.update(plain({ n: 1, note: 'the code is hunter22' }))
    expect(lastDifference(config.history())).toMatchObject([
      { path: 'n' },
      { path: 'note', after: 'the code is hunter22' },
    ])
    await config.update(plain({ n: 2, note: 'none' }), secret({ it: 'hunter22' }))
    expect(lastDifference(config.history(), 0)).toMatchObject([{ path: 'n' }, { path: 'note', after: '[redacted]' }])
    expect(JSON.stringify(config.history())).not.toContain('hunter')
  })

  it('hides in a rejection what has become a secret since', async () => {
    await using config = await follow(plain({ n: 0 }))
    const stop = config.beforeChange(() => {
      throw new Error('the code is hunter22')
    })
    await config.update(plain({ n: 1 }))
    expect(config.history()).toMatchObject([{ type: 'rejection', message: expect.stringContaining('hunter22') }])
    stop()
    await config.update(plain({ n: 2 }), secret({ it: 'hunter22' }))
    expect(JSON.stringify(config.history())).not.toContain('hunter')
    expect(config.history()).toMatchObject([{ message: 'vetoed before the change: the code is [redacted]' }, {}])
  })
})
