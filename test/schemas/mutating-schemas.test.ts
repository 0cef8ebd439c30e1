import { createHotConfig } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as zm from 'zod/mini'
import { z as z3 } from 'zod/v3'

import { drivenSource } from '../support/driven-source.ts'

interface Input {
  list: number[]
  deep: Record<string, unknown>
}

/** What a program does in a schema, with whatever part of the configuration it gets. */
const changed = (given: unknown): unknown => {
  const input = given as Input
  input.list.sort((a, b) => a - b)
  delete input.deep['old']
  input.deep['added'] = true
  return input
}
const sorted = (list: unknown): unknown => (list as number[]).sort((a, b) => a - b)
const migrated = (deep: unknown): unknown => {
  delete (deep as Input['deep'])['old']
  return Object.assign(deep as object, { added: true })
}

const SCHEMAS: Record<string, Schema> = {
  'a function': (input) => changed(input),
  'zod: preprocess': z.preprocess(changed, z.object({ list: z.array(z.number()), deep: z.looseObject({}) })),
  'zod: any': z.object({ list: z.any().transform(sorted), deep: z.unknown().transform(migrated) }),
  'zod: loose': z.looseObject({}).transform(changed),
  'zod: custom': z.object({ list: z.custom((list) => sorted(list)), deep: z.custom((deep) => migrated(deep)) }),
  'zod: transform': z.object({ list: z.transform(sorted), deep: z.record(z.string(), z.any()).transform(migrated) }),
  'zod: lazy': z.object({
    list: z.lazy(() => z.any().transform(sorted)),
    deep: z.union([z.number(), z.lazy(() => z.any().transform(migrated))]),
  }),
  'zod/mini': zm.object({
    list: zm.pipe(zm.any(), zm.transform(sorted)),
    deep: zm.pipe(zm.unknown(), zm.transform(migrated)),
  }),
  'zod 3: preprocess': z3.preprocess(
    changed,
    z3.object({ list: z3.array(z3.number()), deep: z3.object({}).passthrough() }),
  ),
  'zod 3: any': z3.object({ list: z3.any().transform(sorted), deep: z3.lazy(() => z3.unknown().transform(migrated)) }),
  'zod 3: passthrough': z3.object({}).passthrough().transform(changed),
  'valibot: any': v.object({
    list: v.pipe(v.any(), v.transform(sorted)),
    deep: v.pipe(v.unknown(), v.transform(migrated)),
  }),
  'valibot: custom': v.object({
    list: v.pipe(v.custom<number[]>(Array.isArray), v.sortItems()),
    deep: v.lazy(() => v.pipe(v.any(), v.transform(migrated))),
  }),
  'valibot: loose': v.pipe(
    v.looseObject({}),
    v.transform((all) => changed(all)),
  ),
  arktype: type({ list: type('unknown').pipe(sorted), deep: type('unknown').pipe(migrated) }),
}

describe('a schema that mutates what it gets', () => {
  it.each(Object.entries(SCHEMAS))('works as it does alone, for each update: %s', async (_name, schema) => {
    const given = { list: [3, 1, 2], deep: { old: 1 } }
    const source = drivenSource(given)
    await using config = await createHotConfig({ schema, sources: source, logger: false, unknown: 'ignore' })
    expect(config.current).toEqual({ list: [1, 2, 3], deep: { added: true } })
    for (const next of [
      { list: [3, 1, 0], deep: { old: 1 } },
      { list: [3, 1, 0], deep: { old: 2, other: 2 } },
    ]) {
      source.set(next)
      await config.reload()
      const { old: _, ...deep } = next.deep
      expect(config.current).toEqual({ list: next.list.toReversed(), deep: { ...deep, added: true } })
    }
    expect(given).toEqual({ list: [3, 1, 2], deep: { old: 1 } })
  })

  it.each(['default', 'checks', 'out', 'type', 'in', 'getter', 'shape'])(
    'works for a property with the name %s',
    async (name) => {
      const given = { [name]: { old: 1 } }
      for (const schema of [
        z.object({ [name]: z.transform(migrated) }),
        z3.object({ [name]: z3.any().transform(migrated) }),
        v.object({ [name]: v.pipe(v.any(), v.transform(migrated)) }),
      ]) {
        await using config = await createHotConfig({ schema, sources: drivenSource(given), logger: false })
        expect(config.current).toEqual({ [name]: { added: true } })
      }
    },
  )
})
