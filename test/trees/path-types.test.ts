import { createHotConfig, values } from '@hot-config/core'
import type { Change, Path, PathValue } from '@hot-config/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { zodSchema } from '../support/schemas.ts'

// What is wrong here is found by the compiler: `tsc -b`.

const options = { sources: values({ name: 'shop' }), logger: false } as const

describe('a path', () => {
  interface Config {
    log: { level: 'debug' | 'info' }
    servers: { host: string; ports: number[] }[]
    optional?: { deep: boolean }
    labels: Record<string, number>
    any: unknown
  }

  it('is one of the paths that exist', () => {
    expectTypeOf<'log' | 'log.level' | 'servers' | 'optional.deep' | 'labels.a'>().toExtend<Path<Config>>()
    expectTypeOf<'servers[0]' | 'servers[12].host' | 'servers[0].ports[1]' | 'any.thing'>().toExtend<Path<Config>>()
    expectTypeOf<'log.levle'>().not.toExtend<Path<Config>>()
    expectTypeOf<'servers[0].hots'>().not.toExtend<Path<Config>>()
    expectTypeOf<'log.level.length'>().not.toExtend<Path<Config>>()
    expectTypeOf<''>().not.toExtend<Path<Config>>()
  })

  it('has the type of the value at it', () => {
    expectTypeOf<PathValue<Config, 'log.level'>>().toEqualTypeOf<'debug' | 'info'>()
    expectTypeOf<PathValue<Config, 'servers[0].ports[1]'>>().toEqualTypeOf<number | undefined>()
    expectTypeOf<PathValue<Config, 'servers[0].host'>>().toEqualTypeOf<string | undefined>()
    expectTypeOf<PathValue<Config, 'optional.deep'>>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<PathValue<Config, 'labels.a'>>().toEqualTypeOf<number | undefined>()
    expectTypeOf<PathValue<Config, 'any.thing'>>().toBeUnknown()
  })

  it('has the type of the value below a record', async () => {
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

  it('has the type of the item of a tuple', async () => {
    const schema = z.object({
      pair: z.tuple([z.number(), z.object({ host: z.string() })]),
      rest: z.tuple([z.boolean()], z.string()),
    })
    const value = { pair: [1, { host: 'a' }], rest: [true, 'x'] }
    await using config = await createHotConfig({ ...options, sources: values(value), schema })
    const found = [config.get('pair[0]'), config.get('pair[1].host'), config.get('rest[0]')] as const
    expectTypeOf(found).toEqualTypeOf<readonly [number, string, boolean]>()
    expect(found).toEqual([1, 'a', true])
    expectTypeOf(config.get('rest[1]')).toEqualTypeOf<boolean | string | undefined>()
    config.onChange('pair[1].host', (host) => expectTypeOf(host).toEqualTypeOf<string>())
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

  it('stays finite for recursive types', () => {
    interface Node {
      name: string
      children: Node[]
      parent?: Node
    }
    expectTypeOf<'parent.parent.name' | 'children[0].children[1].name'>().toExtend<Path<Node>>()
  })

  it('stays small for types that contain themselves many times, and checks the names of the first level', () => {
    interface Rule {
      and?: Rule[]
      or?: Rule[]
      not?: Rule
      if?: Rule
      then?: Rule
      else?: Rule
      value?: string
    }
    interface Config {
      port: number
      rule: Rule
    }
    expectTypeOf<'port' | 'rule.value' | 'rule.not.value' | 'rule.and[0].or[1].if.value'>().toExtend<Path<Config>>()
    expectTypeOf<'rule.valeu'>().not.toExtend<Path<Config>>()
    expectTypeOf<PathValue<Config, 'rule.and[0].not.value'>>().toEqualTypeOf<string | undefined>()
  })

  it('checks the names in types that are alike, and contain each other', () => {
    interface Limits {
      max?: number
      burst?: { max?: number }
    }
    expectTypeOf<'max' | 'burst.max'>().toExtend<Path<Limits>>()
    expectTypeOf<'burst.min'>().not.toExtend<Path<Limits>>()
  })
})
