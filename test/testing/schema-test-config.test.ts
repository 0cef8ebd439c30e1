import { setTimeout as delay } from 'node:timers/promises'

import { ClosedError, ConfigError, requestConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import type { TestConfig } from '@hot-config/testing'
import * as v from 'valibot'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'

import { eventually } from '../support/eventually.ts'

interface Config {
  pool: { min: number; max: number }
  log: { level: 'debug' | 'info' }
  hosts: string[]
}

const byDefault = { pool: { min: 1, max: 10 }, log: { level: 'info' }, hosts: ['a'] }

/** The same schema in each library. */
const SCHEMAS = {
  convict: {
    pool: { min: { format: 'nat', default: 1, env: 'POOL_MIN', arg: 'pool-min' }, max: { format: 'nat', default: 10 } },
    log: { level: { format: ['debug', 'info'], default: 'info' } },
    hosts: { format: Array, default: ['a'] },
  },
  zod: z.object({
    pool: z.object({ min: z.number().default(1), max: z.number().default(10) }).prefault({}),
    log: z.object({ level: z.enum(['debug', 'info']).default('info') }).prefault({}),
    hosts: z.array(z.string()).default(['a']),
  }),
  valibot: v.object({
    pool: v.optional(v.object({ min: v.optional(v.number(), 1), max: v.optional(v.number(), 10) }), {}),
    log: v.optional(v.object({ level: v.optional(v.picklist(['debug', 'info']), 'info') }), {}),
    hosts: v.optional(v.array(v.string()), ['a']),
  }),
  'JSON Schema': {
    type: 'object',
    properties: {
      pool: {
        type: 'object',
        default: {},
        properties: { min: { type: 'number', default: 1 }, max: { type: 'number', default: 10 } },
      },
      log: { type: 'object', default: {}, properties: { level: { enum: ['debug', 'info'], default: 'info' } } },
      hosts: { type: 'array', items: { type: 'string' }, default: ['a'] },
    },
  },
} as const

const create = (library: keyof typeof SCHEMAS, overrides: object = {}): Promise<TestConfig<Config>> =>
  createTestConfig(SCHEMAS[library] as never, overrides as never) as Promise<unknown> as Promise<TestConfig<Config>>

afterEach(() => vi.unstubAllEnvs())

describe.each(Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])(
  'a test configuration with a schema of %s',
  (library) => {
    it('has the defaults of the schema and the overrides', async () => {
      await using config = await create(library, { pool: { max: 20 } })
      expect(config.current).toEqual({ ...byDefault, pool: { min: 1, max: 20 } })
      expect(config.health()).toMatchObject({ status: 'pass', version: 1 })
      await using plain = await create(library)
      expect(plain.current).toEqual(byDefault)
    })

    it('serves an update when it resolves, merged over the overrides of before', async () => {
      await using config = await create(library, { pool: { max: 20 } })
      const seen: unknown[] = []
      config.onChange('pool.min', (min) => seen.push(min))
      expect(await config.update({ pool: { min: 2 } })).toBe('changed')
      expect(config.current.pool).toEqual({ min: 2, max: 20 })
      expect(seen).toEqual([2])
      expect(await config.update({ pool: { min: 2 } })).toBe('unchanged')
      expect(await config.update({ hosts: ['b', 'c'] })).toBe('changed')
      expect(await config.update({ hosts: ['d'], pool: { max: undefined } })).toBe('changed')
      expect(config.current).toEqual({ ...byDefault, hosts: ['d'], pool: { min: 2, max: 10 } })
    })

    it('rejects an update with the ConfigError of the program, and keeps the last good value to build on', async () => {
      await using config = await create(library)
      const rejected: unknown[] = []
      config.onReject(({ error }) => rejected.push(error))
      for (const round of [1, 2]) {
        const update = config.update({ log: { level: 'loud' as 'info' }, pool: { max: 30 } })
        const error: unknown = await update.catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(ConfigError)
        expect((error as ConfigError).issues).toMatchObject([{ path: 'log.level', source: 'test' }])
        expect(rejected).toHaveLength(round)
        expect(rejected.at(-1)).toBe(error)
      }
      expect(config.current).toEqual(byDefault)
      expect(config.health().status).toBe('warn')
      expect(await config.update({ pool: { max: 40 } })).toBe('changed')
      expect(config.current).toEqual({ ...byDefault, pool: { min: 1, max: 40 } })
      expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
    })

    it('rejects bad overrides, and names that the schema does not know', async () => {
      await expect(create(library, { pool: { max: 'many' } })).rejects.toThrow(/pool\.max/)
      await expect(create(library, { poool: {} })).rejects.toThrow(/poool/)
    })
  },
)

describe('a test configuration with a schema', () => {
  it('does not read environment variables and arguments', async () => {
    vi.stubEnv('POOL_MIN', '7')
    await using config = await create('convict', { pool: { max: 20 } })
    expect(config.current.pool).toEqual({ min: 1, max: 20 })
    expect(SCHEMAS.convict.pool.min.env).toBe('POOL_MIN')
  })

  it('resolves an update after hooks and resources, and rejects with what they throw', async () => {
    await using config = await create('zod')
    const pool = await config.resource('pool.max', async (max) => ({ max }))
    config.beforeChange(({ next }) => {
      if (next.value.pool.max > 100) throw new Error('too large')
    })
    await config.update({ pool: { max: 20 } })
    expect(pool.current).toEqual({ max: 20 })
    await expect(config.update({ pool: { max: 200 } })).rejects.toThrow(/too large/)
    expect(pool.current).toEqual({ max: 20 })
  })

  it.each<[string, unknown]>([
    ['zod', SCHEMAS.zod],
    ['valibot', SCHEMAS.valibot],
    ['a function', (input: unknown) => input],
  ])('rejects a schema of %s without overrides, which would be the value', (_what, schema) => {
    expect(() => createTestConfig(schema)).toThrow(
      'createTestConfig: a schema without overrides is taken for a value: pass {} as the overrides',
    )
  })

  const numbers = z.object({ a: z.number().default(1), b: z.number().default(1) })
  describe.each<[string, () => TestConfig<{ a: number; b: number }> | Promise<TestConfig<{ a: number; b: number }>>]>([
    ['with a schema', async () => (await createTestConfig(numbers, {})) as TestConfig<{ a: number; b: number }>],
    ['without a schema', () => createTestConfig({ a: 1, b: 1 })],
  ])('%s', (_what, create) => {
    it('merges updates that are not awaited, also while a hook takes its time', async () => {
      await using config = await create()
      config.beforeChange(() => delay(20))
      expect(await Promise.all([config.update({ a: 2 }), config.update({ b: 2 })])).toEqual(['changed', 'changed'])
      expect(config.current).toEqual({ a: 2, b: 2 })
    })

    it('builds on what is served after updates that were not awaited and are rejected', async () => {
      await using config = await create()
      config.beforeChange(async ({ next }) => {
        await delay(20)
        if (next.value.a > 9) throw new Error('too large')
      })
      const updates = [config.update({ a: 10 }), config.update({ b: 2 })]
      for (const { status } of await Promise.allSettled(updates)) expect(status).toBe('rejected')
      expect(await config.update({ b: 3 })).toBe('changed')
      expect(config.current).toEqual({ a: 1, b: 3 })
    })

    it('builds on what a hook vetoed at first, once it is served', async () => {
      await using config = await create()
      let isDown = true
      config.beforeChange(() => {
        if (isDown) throw new Error('down')
      })
      await expect(config.update({ a: 2 })).rejects.toThrow('down')
      isDown = false
      await eventually(() => expect(config.current).toEqual({ a: 2, b: 1 }))
      expect(await config.reload()).toBe('unchanged')
      expect(await config.update({ b: 2 })).toBe('changed')
      expect(config.current).toEqual({ a: 2, b: 2 })
    })
  })

  it('works where a program takes a HotConfig', async () => {
    await using config = await create('zod')
    const sizeOf = ({ current }: HotConfig<Config>): number => current.pool.max
    expect(sizeOf(config)).toBe(10)
    expect(config.run(() => requestConfig())).toBe(config.current)
    expect(await config.explain('pool.max')).toMatchObject({ isDefault: true })
    expect(await config.set({ ...byDefault, pool: { min: 0, max: 1 } } as Config)).toBe('changed')
    expect(config.current.pool).toEqual({ min: 0, max: 1 })
    config.reject('no')
    expect(config.health().status).toBe('warn')
    expect(await config.reload()).toBe('unchanged')
    expect(config.health().status).toBe('pass')
  })

  it('throws after close()', async () => {
    const config = await create('zod')
    await config.close()
    await expect(config.update({})).rejects.toThrow(ClosedError)
  })

  it('is typed by its schema: the value by what it returns, the overrides by what it reads', async () => {
    await using config = await createTestConfig(SCHEMAS.convict, { log: { level: 'debug' } })
    expectTypeOf(config.current.log.level).toEqualTypeOf<'debug' | 'info'>()
    const url = z.object({ url: z.string().transform((text) => new URL(text)), n: z.number().default(1) })
    await using parsed = await createTestConfig(url, { url: 'http://localhost' })
    expectTypeOf(parsed.current.url).toEqualTypeOf<URL>()
    await parsed.update({ url: 'http://127.0.0.1' })
    expect(parsed.current.url.hostname).toBe('127.0.0.1')
    // @ts-expect-error not one of the levels
    await expect(createTestConfig(SCHEMAS.convict, { log: { level: 'loud' } })).rejects.toThrow(ConfigError)
    // @ts-expect-error no such name
    await expect(config.update({ logs: {} })).rejects.toThrow(/logs/)
    await using fromFunction = await createTestConfig((input) => ({ n: Number(input['n']) }), { n: 5 })
    expectTypeOf(fromFunction.current).toEqualTypeOf<{ readonly n: number }>()
  })
})

describe('update() of a test configuration without a schema', () => {
  it('merges parts into the value, and rejects with what a hook throws', async () => {
    const config = createTestConfig({ pool: { min: 1, max: 10 }, hosts: ['a'] })
    expect(await config.update({ pool: { max: 20 }, hosts: [] })).toBe('changed')
    expect(config.current).toEqual({ pool: { min: 1, max: 20 }, hosts: [] })
    expect(await config.update({})).toBe('unchanged')
    config.beforeChange(() => {
      throw new Error('not now')
    })
    const error: unknown = await config.update({ pool: { max: 30 } }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).message).toContain('not now')
    expect(config.current.pool.max).toBe(20)
  })
})
