import { ClosedError, createHotConfig, SourceError, startHotConfig } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { beginHotConfig } from '@hot-config/core/internal'
import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const asKey = (key: string) => ({
  name: key,
  reading: (held: unknown) => ({ entries: [{ path: [key], value: held }] }),
})

/** A source whose reading may take so long. */
const limited = <S extends Source>(source: S, readTimeoutMs: number): S => Object.assign(source, { readTimeoutMs })

describe('a source that does not answer', () => {
  it('does not hold up the updates of the others, and is taken when it answers', async () => {
    const [slow, quick] = [drivenSource(1, asKey('slow')), drivenSource(1, asKey('quick'))]
    await using running = await follow([slow, quick])
    slow.hang()
    quick.set(2)
    quick.notify()
    await running.serves({ slow: 1, quick: 2 })
    slow.set(2)
    await running.serves({ slow: 2, quick: 2 })
    expect(running.rejections).toEqual([])
  })

  it('is read again when something changed while it was read', async () => {
    const [slow, quick] = [drivenSource(1, asKey('slow')), drivenSource(1, asKey('quick'))]
    await using running = await follow([slow, quick])
    slow.hang()
    quick.set(2)
    quick.notify()
    await running.serves({ slow: 1, quick: 2 })
    const { reads } = slow
    slow.notify()
    slow.set(3)
    await running.serves({ slow: 3, quick: 2 })
    await eventually(() => expect(slow.reads).toBeGreaterThan(reads))
  })

  it('is a rejection that names it, once its time is over, and heals when it answers again', async () => {
    const slow = limited(drivenSource(1, asKey('slow')), 50)
    await using running = await follow(slow)
    slow.hang()
    slow.notify()
    await running.reports({
      status: 'warn',
      lastRejection: { source: 'slow', message: "slow: can't be read: not read within 50 ms" },
    })
    expect(running.config.current).toEqual({ slow: 1 })
    slow.set(2)
    slow.notify()
    await running.serves({ slow: 2 })
    await running.reports({ status: 'pass', lastRejection: null })
  })

  it('fails the first load with an error that names it', async () => {
    const slow = limited(drivenSource(1), 50)
    slow.hang()
    const error = await loadError(createHotConfig({ sources: slow, logger: false }))
    expect(error).toBeInstanceOf(SourceError)
    expect(error.message).toBe("driven: can't be read: not read within 50 ms")
  })

  it('has its signal aborted when its time is over', async () => {
    let aborted: unknown
    const source: Source = {
      name: 'mine',
      readTimeoutMs: 50,
      read: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject((aborted = signal.reason) as Error))
        }),
    }
    await loadError(createHotConfig({ sources: source, logger: false }))
    expect(aborted).toMatchObject({ name: 'TimeoutError' })
  })
})

describe('a first load that takes long', () => {
  it('says once what it waits for, and why', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const logger = recordingLogger()
      const slow = drivenSource(1, { name: 'slow', watchWarnings: ['no watch: the API server forbids it'] })
      slow.hang()
      const { config, ready } = startHotConfig({ sources: slow, logger })
      await vi.advanceTimersByTimeAsync(1_900)
      expect(logger.lines).toEqual([])
      await vi.advanceTimersByTimeAsync(5_000)
      expect(logger.lines).toEqual([
        {
          level: 'warn',
          details: { sources: ['slow'] },
          message: 'still waiting for slow: no watch: the API server forbids it',
        },
      ])
      await config.close()
      await expect(ready).rejects.toBeInstanceOf(ClosedError)
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps apart what is waited for and what has failed, in the log and in the error', async () => {
    const [failed, slow] = [drivenSource(new Error('gone'), { name: 'failed' }), drivenSource(1, { name: 'slow' })]
    slow.hang()
    const logger = recordingLogger()
    const { ready } = beginHotConfig({ sources: [failed, slow], logger }, { withinMs: 2_500 })
    expect((await loadError(ready)).issues.map(({ source, message }) => [source, message])).toEqual([
      ['slow', "can't be read: not read within 2500 ms"],
      ['failed', "can't be read: gone"],
    ])
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      "still waiting for slow; failed: can't be read: gone",
    ])
  })

  it('ends with what it waited for when it is limited', async () => {
    const slow = drivenSource(1, { name: 'slow', watchWarnings: ['no watch: the API server forbids it'] })
    slow.hang()
    const { ready } = beginHotConfig({ sources: [slow, drivenSource(1)], logger: false }, { withinMs: 50 })
    const error = await loadError(ready)
    expect(error.message).toBe("slow: can't be read: not read within 50 ms: no watch: the API server forbids it")
  })

  it('ends with the schema when it is limited and the schema does not answer', async () => {
    const schema = (): Promise<never> => new Promise(() => undefined)
    const { ready } = beginHotConfig({ sources: drivenSource({}), schema, logger: false }, { withinMs: 50 })
    expect((await loadError(ready)).message).toBe('the schema did not answer within 50 ms')
  })
})

describe('closing during the first load', () => {
  it.each(['close()', 'an abort'])('leaves no watch open: %s', async (how) => {
    const open = new Set<object>()
    const source: Source = {
      name: 'mine',
      read: () => new Promise(() => undefined),
      watch: () => {
        const watch = { by: 'me', warnings: [], close: () => void open.delete(watch) }
        open.add(watch)
        return watch
      },
    }
    const controller = new AbortController()
    for (let time = 0; time < 5; time++) {
      const { config, ready } = startHotConfig({ sources: source, logger: false, signal: controller.signal })
      if (how === 'close()') await config.close()
      else controller.abort()
      await expect(ready).rejects.toBeInstanceOf(ClosedError)
      if (how !== 'close()') break
    }
    expect(open.size).toBe(0)
  })
})
