import { createHotConfig } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { loadError } from '../support/load-error.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const never = (): Promise<never> => new Promise(() => undefined)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a schema that never answers', () => {
  it('fails the first load with an error that says so', async () => {
    const failed = loadError(createHotConfig({ sources: drivenSource({}), schema: never, logger: false }))
    await vi.advanceTimersByTimeAsync(10_000)
    expect((await failed).message).toBe('the schema failed: no answer within 10000 ms')
  })

  it('is a rejection, and the next update is validated', async () => {
    const source = drivenSource({ n: 1 })
    const schema = (input: Record<string, unknown>): unknown => (input['n'] === 2 ? never() : input)
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    source.set({ n: 2 })
    const reload = config.reload()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await reload).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe('the schema failed: no answer within 10000 ms')
    source.set({ n: 3 })
    expect(await config.reload()).toBe('changed')
  })
})

describe('close()', () => {
  it.each<[string, (close: () => Promise<void>) => unknown]>([
    ['never ends', never],
    ['awaits close() itself', (close) => close()],
  ])('ends although disposing of a resource %s', async (_how, dispose) => {
    const logger = recordingLogger()
    const config = await createHotConfig({ sources: drivenSource({ n: 1 }), logger })
    await config.resource(
      () => 1,
      () => ({}),
      { dispose: () => dispose(() => config.close()) },
    )
    const closed = vi.fn()
    void config.close().then(closed)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(closed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(closed).toHaveBeenCalledTimes(1)
    expect(logger.at('error').map(({ message }) => message)).toEqual(['a resource could not be disposed of'])
    expect(logger.at('error')[0]?.details).toMatchObject({
      error: expect.stringContaining('not disposed of within 10000 ms') as string,
    })
  })
})

describe('a resource that fails', () => {
  it('ends the others that are being built, and what they still build is disposed of', async () => {
    await using config = createTestConfig({ n: 1 })
    let finish: ((pool: { n: number }) => void) | undefined
    const signals: AbortSignal[] = []
    const disposed: unknown[] = []
    const slow = await config.resource(
      'n',
      (n, { signal }) => {
        signals.push(signal)
        return n === 1 ? { n } : new Promise<{ n: number }>((resolve) => (finish = resolve))
      },
      { dispose: (pool) => disposed.push(pool) },
    )
    await config.resource(
      ({ n }) => n,
      (n) => {
        if (n !== 1) throw new Error('too many connections')
        return {}
      },
    )
    expect(await config.set({ n: 2 })).toBe('rejected')
    expect(config.health().lastRejection?.message).toBe(
      'a resource could not be built: too many connections (resource 2 of 2)',
    )
    expect(signals[1]?.aborted).toBe(true)
    expect(slow.current).toEqual({ n: 1 })
    finish?.({ n: 2 })
    await eventually(() => expect(disposed).toEqual([{ n: 2 }]))
  })
})
