import { EventEmitter, once } from 'node:events'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import {
  NoRequestError,
  NotReadyError,
  adapt,
  createHotConfig,
  requestConfig,
  startHotConfig,
  values,
} from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

import { proves } from '../requirements.ts'

proves('one-request')

/** Each way from a unit of work to code that runs later. */
const WAYS: Record<string, (read: () => unknown) => Promise<unknown>> = {
  'an await': async (read) => {
    await Promise.resolve()
    return read()
  },
  'a timer': async (read) => {
    await delay(1)
    return read()
  },
  'setTimeout()': (read) => new Promise((resolve) => setTimeout(() => resolve(read()), 1)),
  'setInterval()': (read) =>
    new Promise((resolve) => {
      const timer = setInterval(() => {
        clearInterval(timer)
        resolve(read())
      }, 1)
    }),
  'setImmediate()': (read) => new Promise((resolve) => setImmediate(() => resolve(read()))),
  'nextTick()': (read) => new Promise((resolve) => process.nextTick(() => resolve(read()))),
  'queueMicrotask()': (read) => new Promise((resolve) => queueMicrotask(() => resolve(read()))),
  'an event': async (read) => {
    const emitter = new EventEmitter()
    const heard = new Promise((resolve) => emitter.once('event', () => resolve(read())))
    await delay(1)
    emitter.emit('event')
    return heard
  },
  'an async generator': async (read) => {
    async function* items(): AsyncGenerator {
      await turn()
      yield read()
    }
    for await (const item of items()) return item
    return undefined
  },
  'several at once': async (read) => {
    const [first, second] = await Promise.all([delay(1).then(read), turn().then(read)])
    return first === second ? first : [first, second]
  },
}

describe('a unit of work', () => {
  it.each(Object.keys(WAYS))('reads one snapshot through %s, whatever is served meanwhile', async (way) => {
    const config = createTestConfig({ n: 1 })
    const result = config.run(async () => WAYS[way]?.(() => requestConfig()))
    await config.set({ n: 2 })
    expect(await result).toEqual({ n: 1 })
    expect(await config.run(async () => WAYS[way]?.(() => requestConfig()))).toEqual({ n: 2 })
  })

  it('reads the very value of the snapshot that was current when it began', async () => {
    const config = createTestConfig({ n: 1, list: [1] })
    const first = config.current
    await config.run(async () => {
      await config.set({ n: 2, list: [2] })
      expect(requestConfig()).toBe(first)
      expect(config.current).toEqual({ n: 2, list: [2] })
    })
  })

  it('inside another one reads the newest snapshot, and the outer one keeps its own', async () => {
    const config = createTestConfig({ n: 1 })
    const other = createTestConfig({ other: true })
    await config.run(async () => {
      await config.set({ n: 2 })
      expect(config.run(() => requestConfig())).toEqual({ n: 2 })
      expect(requestConfig()).toEqual({ n: 1 })
      await config.run(async () => {
        await turn()
        expect(requestConfig()).toEqual({ n: 2 })
        expect(other.run(() => requestConfig())).toEqual({ other: true })
        expect(requestConfig()).toEqual({ n: 2 })
      })
      expect(requestConfig()).toEqual({ n: 1 })
    })
  })

  it('is apart from others that run at the same time', async () => {
    const config = createTestConfig({ n: 0 })
    const units: Promise<unknown>[] = []
    for (let n = 0; n < 20; n++) {
      await config.set({ n })
      units.push(
        config.run(async () => {
          await delay(20 - n)
          return requestConfig()
        }),
      )
    }
    expect(await Promise.all(units)).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })))
  })

  it('may start inside a request, which keeps its own snapshot', async () => {
    const config = createTestConfig({ n: 1 })
    const { runInRequest } = adapt({ config, requestContext: true })
    const request = { config: config.current as never }
    await config.set({ n: 2 })
    runInRequest?.(request, () => {
      expect(config.run(() => requestConfig())).toEqual({ n: 2 })
      expect(requestConfig()).toBe(request.config)
    })
  })

  it('gives back what the work returns', async () => {
    const config = createTestConfig({ n: 1 })
    expectTypeOf(config.run(() => 5)).toEqualTypeOf<number>()
    expectTypeOf(config.run(async () => 'x')).toEqualTypeOf<Promise<string>>()
    expect(config.run(() => 5)).toBe(5)
    expect(await config.run(async () => 'x')).toBe('x')
    expect(config.run(() => undefined)).toBeUndefined()
  })

  it('passes on the very error that the work throws, and ends', async () => {
    const config = createTestConfig({ n: 1 })
    const error = new Error('x')
    const fail = (): never => {
      throw error
    }
    expect(() => config.run(fail)).toThrow(error)
    expect(() => requestConfig()).toThrow(NoRequestError)
    await expect(config.run(async () => fail())).rejects.toBe(error)
    await config.run(async () => {
      expect(() => config.run(fail)).toThrow(error)
      expect(requestConfig()).toEqual({ n: 1 })
    })
    expect(config.health()).toMatchObject({ status: 'pass', listenerErrors: 0 })
  })

  it('needs a configuration: before the first load the work does not start', async () => {
    const source = { ...values({ n: 1 }), read: () => new Promise<never>(() => undefined) }
    const { config, ready } = startHotConfig({ sources: source, logger: false })
    ready.catch(() => undefined)
    let started = false
    expect(() => config.run(() => (started = true))).toThrow(NotReadyError)
    expect(started).toBe(false)
    await config.close()
  })

  it('runs after close() on the last snapshot', async () => {
    const config = createTestConfig({ n: 1 })
    await config.close()
    expect(config.run(() => requestConfig())).toEqual({ n: 1 })
  })

  it('does not follow an event of something that was made outside', async () => {
    const config = createTestConfig({ n: 1 })
    const emitter = new EventEmitter()
    const heard = once(emitter, 'event')
    config.run(() => emitter.emit('event'))
    await heard
    expect(() => requestConfig()).toThrow(/outside config\.run\(\): read config\.current there/)
  })
})

describe('an update', () => {
  const where = (): unknown => {
    try {
      return requestConfig()
    } catch (error) {
      return error
    }
  }

  it.each<[string, (config: HotConfig<object>) => unknown]>([
    ['reload() was called in one', (config) => config.run(() => config.reload())],
    ['the configuration was started in one', () => undefined],
  ])('belongs to no unit of work, although %s', async (_what, reload) => {
    const other = createTestConfig({ other: true })
    await using volume = await createConfigMapVolume()
    await volume.update({ n: '1' })
    const found: unknown[] = []
    const schema = (input: object): object => {
      found.push(where())
      return input
    }
    const options = { schema, sources: volume.path, recheckMs: 60_000, logger: false } as const
    await using config = await other.run(() => createHotConfig(options))
    await config.resource(
      (value) => value,
      () => found.push(where()),
    )
    config.beforeChange(() => found.push(where()))
    config.onChange(() => found.push(where()))
    await volume.update({ n: '2' })
    await reload(config)
    await vi.waitFor(() => expect(config.current).toEqual({ n: '2' }))
    // the schema and the resource at the start, and all four of the update
    expect(found).toHaveLength(6)
    for (const each of found) expect(each).toBeInstanceOf(NoRequestError)
  })
})
