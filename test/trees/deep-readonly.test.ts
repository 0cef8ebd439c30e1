import { createHotConfig, values } from '@hot-config/core'
import type { DeepReadonly, Path } from '@hot-config/core'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { zodSchema } from '../support/schemas.ts'

// What is wrong here is found by the compiler: `tsc -b`.

const options = { sources: values({ name: 'shop' }), logger: false } as const

describe('the current value', () => {
  it("can't be assigned to, at any depth", async () => {
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

  it('has no paths into instances, since a path leads only to own properties', () => {
    expectTypeOf<Path<{ url: URL; map: Map<string, number>; set: Set<string> }>>().toEqualTypeOf<
      'url' | 'map' | 'set'
    >()
  })

  it('keeps branded values', async () => {
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

  it('ends for types that contain themselves in lists, such as any JSON', async () => {
    interface Node {
      readonly name: string
      below: Node[]
    }
    type Text = string | Text[]
    const json = z.json()
    const schema = z.object({ json, list: z.array(json), names: z.record(z.string(), json) })
    const held = { json: [1], list: ['a'], names: { b: null } }
    await using config = await createHotConfig({ ...options, sources: values(held), schema })
    expectTypeOf(config.get('json')).toEqualTypeOf<DeepReadonly<z.output<typeof json>>>()
    expectTypeOf(config.get('names.b')).toExtend<DeepReadonly<z.output<typeof json>> | undefined>()
    expectTypeOf<DeepReadonly<Node>['below'][number]['below']>().toEqualTypeOf<readonly DeepReadonly<Node>[]>()
    expectTypeOf<string>().toExtend<DeepReadonly<Text>>()
  })

  it('keeps tuples', () => {
    type Tuples = { pair: [number, string[]]; rest: [boolean, ...string[]]; last: [...number[], string]; none: [] }
    expectTypeOf<DeepReadonly<Tuples>>().toEqualTypeOf<{
      readonly pair: readonly [number, readonly string[]]
      readonly rest: readonly [boolean, ...string[]]
      readonly last: readonly [...number[], string]
      readonly none: readonly []
    }>()
  })
})
