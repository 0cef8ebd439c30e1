import { OptionError, startHotConfig } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { recordingLogger } from '../support/recording-logger.ts'

describe('onChange with immediate', () => {
  it('calls the listener at once with the current value, and after each change of that part', async () => {
    const config = createTestConfig({ log: { level: 'info' }, n: 1 })
    const levels: unknown[] = []
    config.onChange('log.level', (level, previous, change) => levels.push([level, previous, change?.paths]), {
      immediate: true,
    })
    expect(levels).toEqual([['info', undefined, undefined]])
    await config.set({ log: { level: 'info' }, n: 2 })
    await config.set({ log: { level: 'debug' }, n: 2 })
    expect(levels).toEqual([
      ['info', undefined, undefined],
      ['debug', 'info', ['log.level']],
    ])
  })

  it('does the same for a selector', async () => {
    const config = createTestConfig({ a: 1, b: 2 })
    const sums: number[] = []
    config.onChange(
      ({ a, b }) => a + b,
      (sum) => sums.push(sum),
      { immediate: true },
    )
    await config.set({ a: 2, b: 2 })
    expect(sums).toEqual([3, 4])
  })

  it('waits for the first snapshot when there is none, and calls once for it', async () => {
    const source = drivenSource({ n: 1 })
    source.hang()
    const { config, ready } = startHotConfig({ sources: source, logger: false })
    const listener = vi.fn()
    config.onChange('n', listener, { immediate: true })
    expect(listener).not.toHaveBeenCalled()
    source.set({ n: 2 })
    await ready
    expect(listener.mock.calls).toEqual([[2, undefined, undefined]])
    await config.close()
  })

  it('does not call a listener that was removed before the first snapshot', async () => {
    const source = drivenSource({ n: 1 })
    source.hang()
    const { config, ready } = startHotConfig({ sources: source, logger: false })
    const listener = vi.fn()
    config.onChange('n', listener, { immediate: true })()
    source.set({ n: 2 })
    await ready
    expect(listener).not.toHaveBeenCalled()
    await config.close()
  })

  it('calls no listener after close()', async () => {
    const source = drivenSource({ n: 1 })
    const { config, ready } = startHotConfig({ sources: source, logger: false })
    await ready
    await config.close()
    const listener = vi.fn()
    config.onChange('n', listener, { immediate: true })()
    config.onChange(({ n }) => n, listener, { immediate: true })
    expect(listener).not.toHaveBeenCalled()
    expect(config.current).toEqual({ n: 1 })
  })

  it('logs and counts a listener that throws or rejects, as for a change', async () => {
    const logger = recordingLogger()
    const { config, ready } = startHotConfig({ sources: drivenSource({ n: 1 }), logger })
    await ready
    const fail = (): never => {
      throw new Error('broken')
    }
    config.onChange('n', fail, { immediate: true })
    config.onChange('n', async () => fail(), { immediate: true })
    await Promise.resolve()
    expect(config.health().listenerErrors).toBe(2)
    expect(logger.at('error').map(({ message }) => message)).toEqual(['a listener failed', 'a listener failed'])
    await config.close()
  })

  it('is off by default', () => {
    const config = createTestConfig({ n: 1 })
    const listener = vi.fn()
    config.onChange('n', listener, {})
    config.onChange('n', listener, { immediate: false })
    expect(listener).not.toHaveBeenCalled()
  })

  it('rejects unknown options', () => {
    const config = createTestConfig({ n: 1 })
    // @ts-expect-error -- an unknown option
    expect(() => config.onChange('n', () => 1, { immediately: true })).toThrow(OptionError)
  })

  it('is typed: there may be no previous value', () => {
    const config = createTestConfig({ n: 1 })
    config.onChange(
      'n',
      (n, previous, change) => {
        expectTypeOf(n).toEqualTypeOf<number>()
        expectTypeOf(previous).toEqualTypeOf<number | undefined>()
        expectTypeOf(change?.next.value.n).toEqualTypeOf<number | undefined>()
      },
      { immediate: true },
    )
  })
})
