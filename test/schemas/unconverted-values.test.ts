import { createHotConfig } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import { type } from 'arktype'
import convict from 'convict'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as zm from 'zod/mini'
import { z as z3 } from 'zod/v3'

import { asJson, drivenSource } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'

interface Held {
  readonly size: string
  readonly since: string
}

const date = (text: string): Date => new Date(text)

/** One schema in every library, whose conversions do not check what they get. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  zod: z.object({
    limits: z.array(z.object({ size: z.string().transform(Number), since: z.string().transform(date) })),
  }),
  'zod with a check of the whole': z
    .object({
      limits: z.array(z.object({ size: z.string().transform(parseFloat), since: z.string().transform(date) })),
    })
    .refine(({ limits }) => limits.length > 0),
  'zod/mini': zm.object({
    limits: zm.array(
      zm.object({ size: zm.pipe(zm.string(), zm.transform(Number)), since: zm.pipe(zm.string(), zm.transform(date)) }),
    ),
  }),
  'zod 3': z3.object({
    limits: z3.array(z3.object({ size: z3.string().transform(Number), since: z3.string().transform(date) })),
  }),
  valibot: v.object({
    limits: v.array(
      v.object({ size: v.pipe(v.string(), v.transform(Number)), since: v.pipe(v.string(), v.transform(date)) }),
    ),
  }),
  arktype: type({
    limits: type({ size: type('string').pipe((text) => Number(text)), since: type('string').pipe(date) }).array(),
  }),
  'a function': (input) => ({ limits: converted(input) }),
  'a function that takes time': async (input) => ({ limits: converted(input) }),
}

function converted(input: Record<string, unknown>): unknown {
  return (input['limits'] as Held[]).map(({ size, since }) => ({ size: parseInt(size, 10), since: date(since) }))
}

const GOOD = { size: '80', since: '2026-01-31' }
const UNCONVERTED: readonly [Held, string, string][] = [
  [{ ...GOOD, size: 'eighty' }, 'limits[1].size', 'NaN, not a number'],
  [{ ...GOOD, since: 'tomorrow' }, 'limits[1].since', 'an invalid date'],
]

describe.each(Object.entries(SCHEMAS))('a schema of %s that converts without a check', (_name, schema) => {
  const start = (source: ReturnType<typeof drivenSource>) => createHotConfig({ schema, sources: source, logger: false })

  it.each(UNCONVERTED)('fails the start for %j, with its path', async (limit, path, what) => {
    const { issues } = await loadError(start(drivenSource({ limits: [GOOD, limit] }, { reading: asJson })))
    expect(issues).toEqual([
      expect.objectContaining({
        source: 'driven',
        file: 'app.json',
        path,
        message: `what the schema returned is ${what}: let the schema reject what it can't convert`,
      }),
    ])
  })

  it.each(UNCONVERTED)('rejects an update with %j, and serves on', async (limit, path) => {
    const source = drivenSource({ limits: [GOOD, GOOD] }, { reading: asJson })
    await using config = await start(source)
    const { current } = config
    source.set({ limits: [GOOD, limit] })
    await config.reload()
    expect(config.current).toBe(current)
    expect(config.health().lastRejection?.issues.map((issue) => issue.path)).toEqual([path])
    source.set({ limits: [GOOD, { ...GOOD, size: '81' }] })
    await config.reload()
    expect(config.current).toMatchObject({ limits: [{ size: 80 }, { size: 81 }] })
  })
})

it('a format of convict that converts without a check rejects the update', async () => {
  convict.addFormat({ name: 'size-without-a-check', validate: () => undefined, coerce: Number })
  const source = drivenSource({ size: '80' }, { reading: asJson })
  const schema = { size: { format: 'size-without-a-check', default: 1 } }
  await using config = await createHotConfig({ schema, sources: source, logger: false })
  source.set({ size: 'eighty' })
  expect(await config.reload()).toBe('rejected')
  expect(config.current).toEqual({ size: 80 })
  expect(config.health().lastRejection?.issues).toMatchObject([
    { path: 'size', message: expect.stringContaining('NaN') },
  ])
})

it('a number that the program gives as NaN or infinity stays, with and without a schema', async () => {
  const held = { none: NaN, most: Infinity }
  for (const schema of [undefined, z.object({ none: z.nan(), most: z.any() }), (input: object) => ({ ...input })]) {
    await using config = await createHotConfig({ schema, sources: drivenSource(held), logger: false })
    expect(config.current).toEqual(held)
  }
})

describe('a function that returns a schema in place of the configuration', () => {
  it.each<[string, Schema]>([
    ['of zod', () => z.object({ size: z.number() })],
    ['of valibot, later', async () => v.object({ size: v.number() })],
    ['of arktype', () => type({ size: 'number' })],
  ])('fails the start: %s', async (_name, schema) => {
    const { issues } = await loadError(createHotConfig({ schema, sources: drivenSource({ size: 1 }), logger: false }))
    expect(issues.map(({ message }) => message)).toEqual([
      'the schema is a function that returned a schema, not the configuration: give that schema itself',
    ])
  })
})
