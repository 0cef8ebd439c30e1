import { createHotConfig, startHotConfig, values } from '@hot-config/core'
import type { HotConfig, InferConfig } from '@hot-config/core'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { zodSchema } from '../support/schemas.ts'

// What is wrong here is found by the compiler: `tsc -b`.

const options = { sources: values({ name: 'shop' }), logger: false } as const

/** As programs have it in a file of its own, without `as const`. */
const plainSchema = {
  log: {
    level: { doc: 'How much is logged', format: ['debug', 'info'], default: 'info', env: 'TYPES_TEST_LEVEL' },
    color: { format: Boolean, default: false },
  },
  port: { format: 'port', default: 8080 },
  name: { format: String, default: '' },
  owner: { format: String, default: null, nullable: true },
  shorthand: 5,
}

const constSchema = {
  level: { format: ['debug', 'info'], default: 'info' },
  port: { format: 'port', default: 8080 },
} as const

const valibotSchema = v.object({
  log: v.optional(v.object({ level: v.optional(v.picklist(['debug', 'info']), 'info') }), {}),
  servers: v.optional(v.array(v.object({ host: v.string() })), []),
})

describe('a convict schema', () => {
  it('types the configuration when it is written in place', async () => {
    await using config = await createHotConfig({
      ...options,
      schema: {
        log: { level: { format: ['debug', 'info'], default: 'info' }, deep: { er: { format: 'nat', default: 1 } } },
        port: { format: 'port', default: 8080, env: 'TYPES_TEST_PORT' },
        int: { format: 'int', default: 1 },
        on: { format: Boolean, default: true },
        off: { format: 'Boolean', default: false },
        name: { format: String, default: 'x' },
        text: { format: 'String', default: 'x' },
        number: { format: Number, default: 1 },
        pattern: { format: RegExp, default: /x/ },
        pipe: { format: 'port_or_windows_named_pipe', default: 1 },
        nullable: { format: String, default: 'x', nullable: true },
        none: { format: String, default: null, nullable: true },
        noObject: { format: Object, default: null, nullable: true },
        noList: { format: Array, default: null, nullable: true },
        anything: { format: '*', default: null },
        missing: { format: Number, default: undefined },
        list: { format: Array, default: [] },
        names: { default: ['a', 'b'] },
        object: { format: Object, default: {} },
        known: { default: { a: 1, b: 'x' } },
        custom: { format: (value: unknown) => void value, default: 5 },
        plain: { default: 'x' },
        short: 'x',
      },
    })
    const { current } = config
    expectTypeOf(current.log.level).toEqualTypeOf<'debug' | 'info'>()
    expectTypeOf(current.log.deep.er).toEqualTypeOf<number>()
    expectTypeOf(current.port).toEqualTypeOf<number>()
    expectTypeOf(current.int).toEqualTypeOf<number>()
    expectTypeOf(current.on).toEqualTypeOf<boolean>()
    expectTypeOf(current.off).toEqualTypeOf<boolean>()
    expectTypeOf(current.name).toEqualTypeOf<string>()
    expectTypeOf(current.text).toEqualTypeOf<string>()
    expectTypeOf(current.number).toEqualTypeOf<number>()
    expectTypeOf(current.pattern).toEqualTypeOf<RegExp>()
    expectTypeOf(current.pipe).toEqualTypeOf<number | string>()
    expectTypeOf(current.nullable).toEqualTypeOf<string | null>()
    expectTypeOf(current.none).toEqualTypeOf<string | null>()
    expectTypeOf(current.noObject).toEqualTypeOf<Readonly<Record<string, unknown>> | null>()
    expectTypeOf(current.noList).toEqualTypeOf<readonly unknown[] | null>()
    expectTypeOf(current.anything).toBeUnknown()
    expectTypeOf(current.missing).toEqualTypeOf<number | undefined>()
    expectTypeOf(current.list).toEqualTypeOf<readonly unknown[]>()
    expectTypeOf(current.names).toEqualTypeOf<readonly string[]>()
    expectTypeOf(current.object).toEqualTypeOf<Readonly<Record<string, unknown>>>()
    expectTypeOf(current.known).toEqualTypeOf<{ readonly a: number; readonly b: string }>()
    expectTypeOf(current.custom).toEqualTypeOf<number>()
    expectTypeOf(current.plain).toEqualTypeOf<string>()
    expectTypeOf(current.short).toEqualTypeOf<string>()
    // @ts-expect-error there is no such entry
    void current.log.levle
  })

  it('types the configuration when it is a variable', async () => {
    await using config = await createHotConfig({ ...options, schema: plainSchema })
    expectTypeOf(config.current).toEqualTypeOf<{
      readonly log: { readonly level: string; readonly color: boolean }
      readonly port: number
      readonly name: string
      readonly owner: string | null
      readonly shorthand: number
    }>()
    expectTypeOf<InferConfig<typeof plainSchema>>().toExtend<{ log: { level: string } }>()
  })

  it('types an entry whose default is null, which must be set, as the set value', () => {
    expectTypeOf<InferConfig<{ a: { format: 'String'; default: null } }>>().toEqualTypeOf<{ a: string }>()
    expectTypeOf<InferConfig<{ a: { format: ['x', 'y']; default: null } }>>().toEqualTypeOf<{ a: 'x' | 'y' }>()
  })

  it('types null where the default and the format have it', async () => {
    const entry = { default: null as string | null }
    const schema = { any: { ...entry, format: '*' }, own: { ...entry, format: () => undefined }, bare: entry } as const
    await using config = await createHotConfig({ schema, sources: values({}), logger: false })
    expectTypeOf(config.current).toEqualTypeOf<Readonly<Record<'any' | 'own' | 'bare', string | null>>>()
    expect(config.current).toEqual({ any: null, own: null, bare: null })
    expectTypeOf<InferConfig<{ a: typeof entry & { format: typeof String } }>>().toEqualTypeOf<{ a: string }>()
  })

  it('types the configuration when it is a constant', async () => {
    await using config = await createHotConfig({ ...options, schema: constSchema })
    expectTypeOf(config.current).toEqualTypeOf<{ readonly level: 'debug' | 'info'; readonly port: number }>()
  })
})

describe('a Standard Schema', () => {
  it('of zod types the configuration by its output', async () => {
    await using config = await createHotConfig({ ...options, schema: zodSchema })
    expectTypeOf(config.current.log.level).toEqualTypeOf<'debug' | 'info'>()
    expectTypeOf(config.current.servers).toEqualTypeOf<
      readonly { readonly host: string; readonly tags: readonly string[] }[]
    >()
    expectTypeOf(config.current.ratio).toEqualTypeOf<number | undefined>()
    expectTypeOf<InferConfig<typeof zodSchema>>().toEqualTypeOf<z.output<typeof zodSchema>>()
  })

  it('of valibot types the configuration by its output', async () => {
    await using config = await createHotConfig({ ...options, schema: valibotSchema })
    expectTypeOf(config.current).toEqualTypeOf<{
      readonly log: { readonly level: 'debug' | 'info' }
      readonly servers: readonly { readonly host: string }[]
    }>()
  })
})

describe('a function as schema', () => {
  it('types the configuration by what it returns, and its argument by itself', async () => {
    await using config = await createHotConfig({
      ...options,
      sources: values({ port: 80 }),
      schema: (input) => {
        expectTypeOf(input).toEqualTypeOf<Record<string, unknown>>()
        return { port: Number(input['port']), kind: 'shop' as const }
      },
    })
    expectTypeOf(config.current).toEqualTypeOf<{ readonly port: number; readonly kind: 'shop' }>()
  })

  it('types the configuration by what its promise resolves with', async () => {
    await using config = await createHotConfig({
      ...options,
      sources: values({ port: 80 }),
      schema: async (input) => Promise.resolve({ port: Number(input['port']) }),
    })
    expectTypeOf(config.current).toEqualTypeOf<{ readonly port: number }>()
  })
})

describe('a configuration without a schema', () => {
  it('is a record of unknown values', async () => {
    await using config = await createHotConfig(options)
    expectTypeOf(config).toEqualTypeOf<HotConfig<Record<string, unknown>>>()
    expectTypeOf(config.current['name']).toBeUnknown()
    expectTypeOf(config.get('any.path[0]')).toBeUnknown()
    // @ts-expect-error what is not known can't be taken for text
    expectTypeOf<string>(config.current['name'])
    const started = startHotConfig(options)
    expectTypeOf(started.config).toEqualTypeOf<HotConfig<Record<string, unknown>>>()
    await (await started.ready).close()
  })
})

describe('configurations of several types', () => {
  it('can be passed on where the type is not known', async () => {
    await using config = await createHotConfig({ ...options, schema: constSchema })
    expectTypeOf(config).toExtend<HotConfig<unknown>>()
  })
})
