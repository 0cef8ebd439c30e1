import { createHotConfig, startHotConfig } from '@hot-config/core'
import type { Reload } from '@hot-config/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { asJson, drivenSource } from '../support/driven-source.ts'

const schema = z.object({ port: z.number() })

describe('onReload', () => {
  it('is called after every reload, with the stages that it reached', async () => {
    const source = drivenSource({ port: 1 }, { reading: asJson })
    const before = new Date().toISOString()
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    const told: Reload<{ port: number }>[] = []
    const stop = config.onReload((reload) => {
      expectTypeOf(reload).toEqualTypeOf<Reload<{ port: number }>>()
      // what it tells of is so when it tells of it
      const { reloads, lastRejection } = config.health()
      expect(reloads[reload.result]).toBe(told.filter(({ result }) => result === reload.result).length + 1)
      expect(lastRejection?.message).toBe(reload.rejection?.message)
      told.push(reload)
    })
    expect(await config.reload()).toBe('unchanged')
    source.set({ port: 2 })
    expect(await config.reload()).toBe('changed')
    source.set(new Error('gone'))
    expect(await config.reload()).toBe('rejected')
    source.set({ port: 'high' })
    expect(await config.reload()).toBe('rejected')
    const removeHook = config.beforeChange(() => {
      throw new Error('not now')
    })
    source.set({ port: 3 })
    expect(await config.reload()).toBe('rejected')
    removeHook()
    expect(await config.reload()).toBe('changed')
    const stages = (reload: Reload<unknown>): string[] => Object.keys(reload.durations)
    expect(told.map((reload) => [reload.result, stages(reload)])).toEqual([
      ['unchanged', ['read']],
      ['changed', ['read', 'validate']],
      ['rejected', ['read']],
      ['rejected', ['read', 'validate']],
      ['rejected', ['read', 'validate', 'prepare']],
      ['changed', ['read', 'validate']],
    ])
    expect(told[1]?.change?.next.value).toEqual({ port: 2 })
    expect(told[4]?.rejection?.message).toBe('vetoed before the change: not now')
    for (const { startedAt, elapsedMs, durations, result, change, rejection } of told) {
      expect(startedAt >= before).toBe(true)
      const all = Object.values(durations).reduce((sum, duration) => sum + duration, 0)
      expect(elapsedMs).toBeGreaterThanOrEqual(all)
      expect([result === 'changed', result === 'rejected']).toEqual([change !== undefined, rejection !== undefined])
    }

    stop()
    await config.reload()
    expect(told).toHaveLength(6)
  })

  it('is called for each reload that rejects the same content again', async () => {
    const source = drivenSource({ port: 1 })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    const results: string[] = []
    config.onReload(({ result }) => results.push(result))
    source.set({ port: 'two' })
    await config.reload()
    await config.reload()
    expect(results).toEqual(['rejected', 'rejected'])
    expect(config.history()).toHaveLength(1)
  })

  it('is called once for an update that a newer one replaced', async () => {
    const source = drivenSource({ port: 1 })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    const told: Reload<{ port: number }>[] = []
    config.onReload((reload) => told.push(reload))
    let isFirst = true
    config.beforeChange(async ({ signal }) => {
      if (!isFirst) return
      isFirst = false
      source.set({ port: 3 })
      void config.reload()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    source.set({ port: 2 })
    expect(await config.reload()).toBe('changed')
    expect(told.map(({ result, change }) => [result, change?.next.value])).toEqual([['changed', { port: 3 }]])
  })

  it('is not called for the first load, and a listener that fails is counted', async () => {
    const { config, ready } = startHotConfig({ sources: drivenSource({ port: 1 }), schema, logger: false })
    let calls = 0
    config.onReload(() => {
      calls++
      throw new Error('broken')
    })
    await ready
    expect(calls).toBe(0)
    expect(await config.reload()).toBe('unchanged')
    expect(calls).toBe(1)
    expect(config.health().listenerErrors).toBe(1)
    await config.close()
  })
})
