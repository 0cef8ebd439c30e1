import { getEventListeners } from 'node:events'

import { ClosedError, createHotConfig, values } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { inotifyWatches } from '../support/inotify.ts'
import { NodeWarnings } from '../support/node-warnings.ts'
import { proves } from '../requirements.ts'

proves('nothing-leaks')

describe('close', () => {
  it('leaves nothing that keeps the process alive, and keeps the last snapshot readable', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ a: '1' })
    const before = inotifyWatches()
    const config = await createHotConfig({ sources: volume.path, recheckMs: 10, logger: false })
    const listener = vi.fn()
    config.onChange(listener)
    await config.close()
    expect(inotifyWatches()).toBe(before)
    expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap')
    await volume.update({ a: '2' })
    await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
    expect(config.current).toEqual({ a: '1' })
    expect(listener).not.toHaveBeenCalled()
  })

  it('drops the update that is in progress', async () => {
    const [entered, exit] = [gate(), gate()]
    const schema = async (input: Record<string, unknown>): Promise<Record<string, unknown>> => {
      if (input['n'] === 1) {
        entered.open()
        await exit.passed
      }
      return input
    }
    const { config, update } = await drive(drivenSource({ n: 0 }), { schema })
    const reload = update({ n: 1 })
    await entered.passed
    await config.close()
    exit.open()
    await expect(reload).rejects.toBeInstanceOf(ClosedError)
    expect(config.current).toEqual({ n: 0 })
  })

  it('is called when the signal aborts or the scope ends', async () => {
    const controller = new AbortController()
    const config = await createHotConfig({ sources: values({}), signal: controller.signal, logger: false })
    controller.abort()
    await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
    const scoped = await createHotConfig({ sources: values({}), logger: false })
    await scoped[Symbol.asyncDispose]()
    await expect(scoped.reload()).rejects.toBeInstanceOf(ClosedError)
  })

  it('closes any number of configurations with one signal, which Node does not take for a leak', async () => {
    using warnings = new NodeWarnings()
    const controller = new AbortController()
    const { signal } = controller
    const create = (): Promise<HotConfig<object>> => createHotConfig({ sources: values({}), signal, logger: false })
    const configs = await Promise.all(Array.from({ length: 20 }, create))
    await configs[0]?.close()
    const again = await create()
    controller.abort()
    for (const config of [...configs, again]) await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    warnings.mustBeNone()
  })
})
