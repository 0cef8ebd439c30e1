import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'
import { proves } from '../requirements.ts'

proves('latest-wins')

describe('the latest content', () => {
  it('is served after exactly one more check for all the changes that arrive during one', async () => {
    let running = 0
    let runs = 0
    const schema = async (input: Record<string, unknown>): Promise<Record<string, unknown>> => {
      expect(++running).toBe(1)
      runs++
      await delay(20)
      running--
      return input
    }
    await using followed = await drive(drivenSource({ n: 0 }), { schema })
    const { config, source, serves } = followed
    for (let n = 1; n <= 100; n++) {
      source.set({ n })
      source.notify()
    }
    await serves({ n: 100 })
    await config.reload()
    expect(runs).toBeLessThanOrEqual(4)
  })

  it('is served although the validation of older content takes longer', async () => {
    const schema = async (input: Record<string, unknown>): Promise<Record<string, unknown>> => {
      await delay(input['ms'] as number)
      return input
    }
    await using followed = await drive(drivenSource({ n: 0, ms: 0 }), { schema })
    const { config, source, serves } = followed
    const contents = [
      { n: 1, ms: 60 },
      { n: 2, ms: 60 },
      { n: 3, ms: 0 },
    ]
    for (const content of contents) {
      source.set(content)
      source.notify()
    }
    await serves({ n: 3, ms: 0 })
    expect(await config.reload()).toBe('unchanged')
  })
})
