import { createHotConfig } from '@hot-config/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'

type Value = Record<string, unknown>

const log = z.object({ level: z.enum(['debug', 'info']).default('info'), color: z.boolean().optional() })
const pool = z.object({ min: z.number(), max: z.number() })

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  'an object': z.object({ log, pool }),
  'a strict object': z.strictObject({ log: log.strict(), pool }),
  'a loose object': z.looseObject({ log, pool: pool.loose() }),
  'an object with a type for all other keys': z.object({ log, pool }).catchall(z.coerce.string()),
  'optional objects': z.object({ log: log.optional(), pool: pool.optional() }),
  'objects with a default': z.object({ log: log.prefault({}), pool: pool.default({ min: 1, max: 2 }) }),
  'a check of the whole': z
    .object({ log, pool })
    .refine((all) => all.log.level !== 'debug' || all.pool.max < 10, { path: ['pool', 'max'], message: 'too many' }),
  'a check of a part': z.object({ log, pool: pool.refine(({ min, max }) => min <= max, 'min above max') }),
  'a transform of the whole': z
    .object({ log, pool })
    .transform((all) => ({ ...all, sum: all.pool.min + all.pool.max })),
  'a transform of a part': z.object({ log, pool: pool.transform(({ min, max }) => `${min}-${max}`) }),
  'values of another type': z.object({ log, pool: z.object({ min: z.coerce.string(), max: z.coerce.date() }) }),
  'checks that take time': z.object({ log, pool: pool.refine(async ({ max }) => max < 100, 'too many') }),
  'a record': z.object({ log, pool: z.record(z.string(), z.number()) }),
  'either of two': z.object({ log, pool: z.union([pool.strict(), z.object({ size: z.number() })]) }),
  'a part that is read only': z.object({ log: log.readonly(), pool }).readonly(),
  'parts that are nested': z.object({
    log,
    pool: z.object({ min: z.number(), max: z.number(), more: log.optional() }),
  }),
}

const UPDATES: readonly Value[] = [
  { log: {}, pool: { min: 1, max: 2 } },
  { log: { level: 'debug' }, pool: { min: 1, max: 2 } },
  { log: { level: 'debug' }, pool: { min: 1, max: 20 } },
  { log: { level: 'info' }, pool: { min: 1, max: 20 } },
  { log: { level: 'info' }, pool: { min: 30, max: 20 } },
  { log: { level: 'loud' }, pool: { min: 30, max: 20 } },
  { log: { level: 'info', color: true }, pool: { min: 3, max: 20 } },
  { log: { level: 'info' }, pool: { min: 3, max: 20 } },
  { log: { level: 'info' }, pool: { min: 3, max: 20, extra: 1 } },
  { log: { level: 'info' }, pool: { min: 3, max: 20, extra: 2 } },
  { log: { level: 'info' }, pool: { min: 3, max: 20, more: { level: 'debug' } } },
  { log: { level: 'info' }, pool: { min: 3, max: 20, more: { level: 'info' } } },
  { log: { level: 'info' }, pool: { size: 3 } },
  { log: { level: 'info' }, pool: { size: 4 } },
  { log: { level: 'info' }, pool: { min: 3, max: 200 } },
  { log: { level: 'info' }, pool: { min: 3, max: 300 }, more: 1 },
  { log: { level: 'info' }, pool: { min: 3, max: 30 }, more: 2 },
  { log: { level: 'info' } },
  { pool: { min: 1, max: 2 } },
  { log: 'info', pool: [] },
  { log: {}, pool: { min: 1, max: 2 } },
]

describe('an update that a zod schema judges', () => {
  it.each(Object.keys(SCHEMAS))('has the result of the schema alone, whatever came before: %s', async (name) => {
    const schema = SCHEMAS[name] as z.ZodType<Value>
    const source = drivenSource(UPDATES[0])
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    let taken = 0
    // twice, so that each also follows the one that is last
    for (const update of [...UPDATES, ...UPDATES]) {
      source.set(update)
      const result = await config.reload()
      const alone = await schema.safeParseAsync(update)
      expect(result !== 'rejected').toBe(alone.success)
      if (alone.success) {
        taken++
        expect(config.current).toStrictEqual(alone.data)
        expect(Object.keys(config.current)).toEqual(Object.keys(alone.data))
      } else {
        const { path, message } = alone.error.issues[0] as z.core.$ZodIssue
        expect(config.health().lastRejection?.message).toContain(
          [path.join('.'), message].join(': ').replace(/^: /, ''),
        )
      }
    }
    expect(taken).toBeGreaterThan(4)
  })

  it('validates again only the parts that changed', async () => {
    const judged: string[] = []
    const part = (name: string): z.ZodType =>
      z.object({ size: z.number().refine(() => judged.push(name)), note: z.string().refine(() => judged.push('note')) })
    const schema = z.object({ left: part('left'), right: part('right') })
    const source = drivenSource({ left: { size: 1, note: '' }, right: { size: 1, note: '' } })
    await using config = await createHotConfig({ schema, sources: source, logger: false })

    judged.length = 0
    source.set({ left: { size: 1, note: '' }, right: { size: 2, note: '' } })
    expect(await config.reload()).toBe('changed')
    expect(judged).toEqual(['right'])
  })

  it('runs a check of the whole for every change', async () => {
    const limits = z.object({ soft: z.object({ mb: z.number() }), hard: z.object({ mb: z.number() }) })
    const schema = limits.refine(({ soft, hard }) => soft.mb <= hard.mb, 'soft above hard')
    const source = drivenSource({ soft: { mb: 1 }, hard: { mb: 2 } })
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    source.set({ soft: { mb: 3 }, hard: { mb: 2 } })
    expect(await config.reload()).toBe('rejected')
    source.set({ soft: { mb: 3 }, hard: { mb: 4 } })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ soft: { mb: 3 }, hard: { mb: 4 } })
  })

  it('uses an instance that was changed in place', async () => {
    const names = new Map([['a', 1]])
    const schema = z.object({
      names: z.map(z.string(), z.number()).transform((map) => [...map.keys()]),
      size: z.number(),
    })
    const source = drivenSource({ names, size: 1 })
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    names.set('b', 2)
    expect(await config.reload()).toBe('changed')
    expect(config.current.names).toEqual(['a', 'b'])
  })

  it('keeps the running value where a change waits for a restart', async () => {
    const schema = z.object({ server: z.object({ port: z.number() }), log: z.object({ level: z.string() }) })
    const source = drivenSource({ server: { port: 1 }, log: { level: 'info' } })
    const restartRequired = ['server']
    await using config = await createHotConfig({ schema, sources: source, restartRequired, logger: false })
    source.set({ server: { port: 2 }, log: { level: 'debug' } })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ server: { port: 1 }, log: { level: 'debug' } })
    source.set({ server: { port: 2 }, log: { level: 'warn' } })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ server: { port: 1 }, log: { level: 'warn' } })
    expect(config.health().pendingRestart).toEqual(['server'])
    source.set({ server: { port: 1 }, log: { level: 'warn' } })
    await config.reload()
    expect(config.health().pendingRestart).toEqual([])
  })
})
