import { createHotConfig } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { WRONG } from '../support/hostile-answers.ts'
import { loadError } from '../support/load-error.ts'
import { proves } from '../requirements.ts'

proves('waits-end')

const watchedBy = (watch: () => unknown): Source => ({
  name: 'outside',
  read: async () => ({ revision: 'r', entries: [], mayBeEmpty: true }),
  watch: watch as () => never,
})

interface Started {
  readonly good: DrivenSource<object>
  readonly closed: () => number
  readonly started: Promise<HotConfig<Record<string, unknown>>>
}

/** Starts with another source, which is watched before. */
function start(watch: () => unknown): Started {
  const good = drivenSource<object>({ n: 1 })
  const first = watchedBy(() => ({ by: 'hand', warnings: [], close: () => closed++ }))
  let closed = 0
  const sources = [first, good, watchedBy(watch)]
  return { good, closed: () => closed, started: createHotConfig({ sources, logger: false }) }
}

describe('a source whose watch() goes wrong', () => {
  const ways = Object.entries(WRONG)

  it.each(ways.filter(([way]) => way.startsWith('throws')))(
    'fails the start with an error that names it: %s',
    async (_way, watch) => {
      const { closed, started } = start(watch)
      const error = await loadError(started)
      expect(error.issues).toMatchObject([{ code: 'HOT_CONFIG_SOURCE', source: 'outside' }])
      expect(error.message).toMatch(/^outside: can't be watched: /)
      expect(closed()).toBe(1)
    },
  )

  it.each(ways.filter(([way]) => !way.startsWith('throws')))(
    'says that it can not tell how it watches, and others go on: %s',
    async (_way, watch) => {
      const { good, started } = start(watch)
      await using config = await started
      expect(config.health().sources[2]).toMatchObject({ warnings: ['can not report how it watches'] })
      good.set({ n: 2 })
      expect(await config.reload()).toBe('changed')
    },
  )

  it('is closed at once where it returns a promise of a watch, which nobody uses', async () => {
    const close = vi.fn()
    const { started } = start(async () => ({ by: 'hand', warnings: [], close }))
    await using config = await started
    expect(config.current).toEqual({ n: 1 })
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce())
  })
})
