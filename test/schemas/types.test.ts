import { createHotConfig, startHotConfig, values } from '@hot-config/core'
import type { Change, DeepReadonly, HotConfig, InferConfig, Path, PathValue } from '@hot-config/core'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

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

const zodSchema = z.object({
  log: z.object({ level: z.enum(['debug', 'info']).default('info') }).prefault({}),
  servers: z.array(z.object({ host: z.string(), tags: z.array(z.string()) })).default([]),
  ratio: z.string().transform(Number).optional(),
  labels: z.record(z.string(), z.number()).default({}),
})

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

  it('types what has to be given, which null as default stands for, as what is given', () => {
    expectTypeOf<InferConfig<{ a: { format: 'String'; default: null } }>>().toEqualTypeOf<{ a: string }>()
    expectTypeOf<InferConfig<{ a: { format: ['x', 'y']; default: null } }>>().toEqualTypeOf<{ a: 'x' | 'y' }>()
  })

  it('types null as what is given where the default and the format have it', async () => {
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
      schema: (input) => {
        expectTypeOf(input).toEqualTypeOf<Record<string, unknown>>()
        return { port: Number(input['port']), kind: 'shop' as const }
      },
    })
    expectTypeOf(config.current).toEqualTypeOf<{ readonly port: number; readonly kind: 'shop' }>()
  })

  it('types the configuration by what its promise gives', async () => {
    await using config = await createHotConfig({
      ...options,
      schema: async (input) => Promise.resolve({ port: Number(input['port']) }),
    })
    expectTypeOf(config.current).toEqualTypeOf<{ readonly port: number }>()
  })
})

describe('a configuration without a schema', () => {
  it('is a record of what is not known', async () => {
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

describe('the current value', () => {
  it('can not be assigned to, at any depth', async () => {
    await using config = await createHotConfig({ ...options, schema: zodSchema })
    const assign = (): void => {
      // @ts-expect-error read-only
      config.current.log.level = 'debug'
      // @ts-expect-error read-only
      config.current.servers[0] = { host: 'x', tags: [] }
      // @ts-expect-error read-only
      config.current.servers.push({ host: 'x', tags: [] })
      // @ts-expect-error read-only
      config.current.labels['x'] = 1
      // @ts-expect-error read-only
      config.current = { log: { level: 'info' }, servers: [], ratio: undefined, labels: {} }
      // @ts-expect-error read-only
      config.snapshot.version = 2
    }
    expectTypeOf(assign).toBeFunction()
  })

  it('keeps dates, patterns, functions, maps and sets', () => {
    interface Value {
      when: Date
      pattern: RegExp
      call: (n: number) => string
      map: Map<string, { a: number[] }>
      set: Set<string>
      pair: [number, { b: string }]
    }
    expectTypeOf<DeepReadonly<Value>>().toEqualTypeOf<{
      readonly when: Date
      readonly pattern: RegExp
      readonly call: (n: number) => string
      readonly map: ReadonlyMap<string, { readonly a: readonly number[] }>
      readonly set: ReadonlySet<string>
      readonly pair: readonly [number, { readonly b: string }]
    }>()
    expectTypeOf<DeepReadonly<unknown>>().toBeUnknown()
    expectTypeOf<DeepReadonly<string | null>>().toEqualTypeOf<string | null>()
  })

  it('keeps instances of the classes of the platform, also those that look like a map', async () => {
    const schema = () => ({
      url: new URL('http://localhost'),
      query: new URLSearchParams(),
      headers: new Headers(),
      bytes: Buffer.from('x'),
      kind: URL,
    })
    await using config = await createHotConfig({ ...options, schema })
    expectTypeOf(config.current).toEqualTypeOf<Readonly<ReturnType<typeof schema>>>()
    expectTypeOf<DeepReadonly<ReadonlyMap<string, number[]>>>().toEqualTypeOf<ReadonlyMap<string, readonly number[]>>()
  })

  it('has no paths into what is kept as it is, since a path leads to own properties only', () => {
    expectTypeOf<Path<{ url: URL; map: Map<string, number>; set: Set<string> }>>().toEqualTypeOf<
      'url' | 'map' | 'set'
    >()
  })

  it('keeps branded values what they are', async () => {
    const schema = z.object({
      id: z.string().brand('Id'),
      limit: z.object({ size: z.number().brand('Size').optional() }).brand('Limit'),
    })
    type Value = z.output<typeof schema>
    await using config = await createHotConfig({ ...options, sources: values({ id: 'a', limit: {} }), schema })
    expectTypeOf(config.current.id).toEqualTypeOf<Value['id']>()
    expectTypeOf(config.current.id).toExtend<string>()
    expectTypeOf(config.current.limit.size).toEqualTypeOf<Value['limit']['size']>()
    expectTypeOf(config.current.limit).toExtend<Value['limit']>()
    expectTypeOf(config.get('limit.size')).toEqualTypeOf<Value['limit']['size']>()
    expectTypeOf<'id.length'>().not.toExtend<Path<Value>>()
    const assign = (): void => {
      // @ts-expect-error read-only
      config.current.limit.size = undefined
    }
    expectTypeOf(assign).toBeFunction()
  })
})

describe('a path', () => {
  interface Config {
    log: { level: 'debug' | 'info' }
    servers: { host: string; ports: number[] }[]
    optional?: { deep: boolean }
    labels: Record<string, number>
    any: unknown
  }

  it('is one of those that there are', () => {
    expectTypeOf<'log' | 'log.level' | 'servers' | 'optional.deep' | 'labels.a'>().toExtend<Path<Config>>()
    expectTypeOf<'servers[0]' | 'servers[12].host' | 'servers[0].ports[1]' | 'any.thing'>().toExtend<Path<Config>>()
    expectTypeOf<'log.levle'>().not.toExtend<Path<Config>>()
    expectTypeOf<'servers[0].hots'>().not.toExtend<Path<Config>>()
    expectTypeOf<'log.level.length'>().not.toExtend<Path<Config>>()
    expectTypeOf<''>().not.toExtend<Path<Config>>()
  })

  it('has the type of what stands there', () => {
    expectTypeOf<PathValue<Config, 'log.level'>>().toEqualTypeOf<'debug' | 'info'>()
    expectTypeOf<PathValue<Config, 'servers[0].ports[1]'>>().toEqualTypeOf<number | undefined>()
    expectTypeOf<PathValue<Config, 'servers[0].host'>>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PathValue<Config, 'optional.deep'>>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<PathValue<Config, 'labels.a'>>().toEqualTypeOf<number | undefined>()
    expectTypeOf<PathValue<Config, 'any.thing'>>().toBeUnknown()
  })

  it('has the type of what it leads to below a record', async () => {
    const schema = z.object({
      tenants: z.record(z.string(), z.object({ limit: z.number(), hosts: z.array(z.string()) })),
      deep: z.record(z.string(), z.record(z.string(), z.boolean().nullable())),
    })
    const tenants = { a: { limit: 1, hosts: ['x'] } }
    await using config = await createHotConfig({ ...options, sources: values({ tenants, deep: {} }), schema })
    const limit = config.get('tenants.a.limit')
    expectTypeOf(limit).toEqualTypeOf<number | undefined>()
    expect(limit).toBe(1)
    const length = config.get('tenants.a.limit.length')
    expectTypeOf(length).toEqualTypeOf<undefined>()
    expect(length).toBeUndefined()
    expectTypeOf(config.get('tenants.a')).toEqualTypeOf<
      { readonly limit: number; readonly hosts: readonly string[] } | undefined
    >()
    expectTypeOf(config.get('tenants.a.hosts[0]')).toEqualTypeOf<string | undefined>()
    expectTypeOf(config.get('tenants.a.limits')).toBeUnknown()
    expectTypeOf(config.get('deep.a.b')).toEqualTypeOf<boolean | null | undefined>()
    config.onChange('tenants.a.limit', (value) => expectTypeOf(value).toEqualTypeOf<number | undefined>())
    await config.resource('tenants.a.limit', (value) => expectTypeOf(value).toEqualTypeOf<number | undefined>())
    const name: string = 'a'
    expectTypeOf(config.get(`tenants.${name}.limit`)).toEqualTypeOf<number | undefined>()
    expectTypeOf(config.get(`tenants.a.hosts[${name.length}]`)).toEqualTypeOf<string | undefined>()
  })

  it('names keys that hold a dot or a bracket in quotes', async () => {
    const hosts = z.array(z.object({ host: z.string() }))
    const schema = z.object({
      'x.y': z.string(),
      'a[0]': z.object({ b: z.number(), 'c.d': hosts }),
      labels: z.record(z.string(), z.number()),
    })
    const value = { 'x.y': 'z', 'a[0]': { b: 1, 'c.d': [{ host: 'h' }] }, labels: { 'e.f': 2 } }
    await using config = await createHotConfig({ ...options, sources: values(value), schema })
    // @ts-expect-error leads to the key "y" of the key "x"
    expect(config.get('x.y')).toBeUndefined()
    const found = [config.get('["x.y"]'), config.get('["a[0]"].b'), config.get('labels["e.f"]')] as const
    expectTypeOf(found).toEqualTypeOf<readonly [string, number, number | undefined]>()
    expect(found).toEqual(['z', 1, 2])
    const host = config.get('["a[0]"]["c.d"][0].host')
    expectTypeOf(host).toEqualTypeOf<string | undefined>()
    expect(host).toBe('h')
    // @ts-expect-error there is no such path
    config.get('["a[0]"]["c.e"]')
  })

  it('is checked by get() and onChange(), and types the listener', async () => {
    await using config = await createHotConfig({ ...options, schema: zodSchema })
    expectTypeOf(config.get('log.level')).toEqualTypeOf<'debug' | 'info'>()
    expectTypeOf(config.get('log')).toEqualTypeOf<{ readonly level: 'debug' | 'info' }>()
    expectTypeOf(config.get('servers[0].host')).toEqualTypeOf<string | undefined>()
    // @ts-expect-error there is no such path
    config.get('log.levle')
    // @ts-expect-error there is no such path
    config.onChange('servers[0].hots', () => undefined)
    // @ts-expect-error there is no such path
    config.onChange('nothing', () => undefined)
    config.onChange('log.level', (level, previous, change) => {
      expectTypeOf(level).toEqualTypeOf<'debug' | 'info'>()
      expectTypeOf(previous).toEqualTypeOf<'debug' | 'info'>()
      expectTypeOf(change).toEqualTypeOf<Change<z.output<typeof zodSchema>>>()
    })
    config.onChange('servers', (servers) => {
      // @ts-expect-error read-only
      servers.push({ host: 'x', tags: [] })
    })
  })

  it('may be a selector, whose result types the listener', async () => {
    await using config = await createHotConfig({ ...options, schema: zodSchema })
    config.onChange(
      (current) => current.servers.map(({ host }) => host.length),
      (lengths, previous) => {
        expectTypeOf(lengths).toEqualTypeOf<number[]>()
        expectTypeOf(previous).toEqualTypeOf<number[]>()
      },
    )
    config.onChange(({ next, previous, paths }) => {
      expectTypeOf(next.value.log.level).toEqualTypeOf<'debug' | 'info'>()
      expectTypeOf(previous.version).toEqualTypeOf<number>()
      expectTypeOf(paths).toEqualTypeOf<readonly string[]>()
    })
    const select = (current: typeof config.current): unknown => {
      // @ts-expect-error the selector sees the configuration's own type
      return current.nothing
    }
    expectTypeOf(select).toBeFunction()
  })

  it('stays finite for types that contain themselves', () => {
    interface Node {
      name: string
      children: Node[]
      parent?: Node
    }
    expectTypeOf<'parent.parent.name' | 'children[0].children[1].name'>().toExtend<Path<Node>>()
  })
})

describe('configurations of several types', () => {
  it('can be passed on where the type is not known', async () => {
    await using config = await createHotConfig({ ...options, schema: constSchema })
    expectTypeOf(config).toExtend<HotConfig<unknown>>()
  })
})
