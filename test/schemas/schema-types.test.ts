import { createHotConfig, defineSchema, values } from '@hot-config/core'
import type { DeepReadonly, InferConfig } from '@hot-config/core'
import { Type as Type034 } from '@sinclair/typebox'
import type { Static as Static034 } from '@sinclair/typebox'
import { S } from 'fluent-json-schema'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

// What is wrong here is found by the compiler: `tsc -b`.

const options = { sources: values({ name: 'shop' }), logger: false } as const

describe('defineSchema()', () => {
  it('keeps what a convict schema says in a place of its own', async () => {
    const schema = defineSchema({
      log: { level: { format: ['debug', 'info'], default: 'info' }, color: { format: Boolean, default: false } },
      port: { format: 'port', default: 8080, env: 'TYPES_TEST_PORT' },
      name: { format: String, default: '' },
      names: { default: ['a'] },
    })
    await using config = await createHotConfig({ ...options, schema })
    expectTypeOf(config.current).toEqualTypeOf<{
      readonly log: { readonly level: 'debug' | 'info'; readonly color: boolean }
      readonly port: number
      readonly name: string
      readonly names: readonly string[]
    }>()
    expectTypeOf<InferConfig<typeof schema>['log']['level']>().toEqualTypeOf<'debug' | 'info'>()
    expect(config.current.name).toBe('shop')
  })

  it('returns any schema as it is', () => {
    const zod = z.object({ a: z.string() })
    expectTypeOf(defineSchema(zod)).toEqualTypeOf<typeof zod>()
    expect(defineSchema(zod)).toBe(zod)
    const parse = (input: Record<string, unknown>) => ({ a: String(input['a']) })
    expectTypeOf<InferConfig<ReturnType<typeof defineSchema<typeof parse>>>>().toEqualTypeOf<{ a: string }>()
    // @ts-expect-error no schema
    expect(defineSchema(5)).toBe(5)
  })
})

describe('a JSON Schema', () => {
  it('types the configuration when it is written in place', async () => {
    await using config = await createHotConfig({
      ...options,
      schema: {
        type: 'object',
        required: ['name', 'hosts'],
        properties: {
          name: { type: 'string' },
          port: { type: 'integer', default: 8080 },
          ratio: { type: 'number' },
          level: { enum: ['debug', 'info'] },
          on: { type: 'boolean', nullable: true },
          limit: { type: ['integer', 'null'], default: null },
          either: { anyOf: [{ type: 'string' }, { const: 5 }] },
          both: { allOf: [{ type: 'object', required: ['a'], properties: { a: { type: 'string' } } }] },
          hosts: { type: 'array', items: { type: 'object', properties: { host: { type: 'string' } } }, default: [] },
          pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
          map: { type: 'object', additionalProperties: { type: 'integer' } },
          any: {},
        },
      },
    })
    expectTypeOf(config.current).toEqualTypeOf<
      DeepReadonly<{
        name: string
        port: number
        ratio?: number
        level?: 'debug' | 'info'
        on?: boolean | null
        limit: number | null
        either?: string | 5
        both?: { a: string }
        hosts: { host?: string }[]
        pair?: [string, number]
        map?: Record<string, number>
        any?: unknown
      }>
    >()
    expectTypeOf(config.get('hosts[0].host')).toEqualTypeOf<string | undefined>()
    expect(config.current.port).toBe(8080)
  })

  it('types it as a record where its own types are not precise', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
    await using config = await createHotConfig({ ...options, schema })
    expectTypeOf(config.current).toEqualTypeOf<Readonly<Record<string, unknown>>>()
    expectTypeOf<InferConfig<{ $schema: string }>>().toEqualTypeOf<Record<string, unknown>>()
    expectTypeOf<InferConfig<{ readonly $ref: '#/$defs/a' }>>().toEqualTypeOf<Record<string, unknown>>()
    const rules = { port: { minimum: 1 } }
    expectTypeOf<InferConfig<{ $id: 'app'; properties: typeof rules }>>().toEqualTypeOf<Record<string, unknown>>()
    expectTypeOf<InferConfig<{ properties: typeof rules; required: ['port'] }>>().toEqualTypeOf<
      Record<string, unknown>
    >()
    const fluent = S.object().prop('name', S.string())
    expectTypeOf<InferConfig<typeof fluent>>().toEqualTypeOf<Record<string, unknown>>()
  })

  it('of TypeBox types it as TypeBox does', async () => {
    const schema = Type.Object({
      name: Type.String(),
      port: Type.Optional(Type.Integer()),
      level: Type.Union([Type.Literal('debug'), Type.Literal('info')], { default: 'info' }),
      hosts: Type.Array(Type.Object({ host: Type.String(), tags: Type.Record(Type.String(), Type.Number()) }), {
        default: [],
      }),
      pair: Type.Optional(Type.Tuple([Type.String(), Type.Null()])),
    })
    await using config = await createHotConfig({ ...options, schema })
    expectTypeOf(config.current).toEqualTypeOf<DeepReadonly<Static<typeof schema>>>()
    expectTypeOf(config.current.level).toEqualTypeOf<'debug' | 'info'>()
  })

  it('of TypeBox 0.34 types it as TypeBox does', async () => {
    const schema = Type034.Object({
      name: Type034.String(),
      port: Type034.Optional(Type034.Integer()),
      level: Type034.Union([Type034.Literal('debug'), Type034.Literal('info')], { default: 'info' }),
      both: Type034.Optional(
        Type034.Intersect([Type034.Object({ a: Type034.String() }), Type034.Object({ b: Type034.Number() })]),
      ),
    })
    await using config = await createHotConfig({ ...options, schema })
    expectTypeOf(config.current).toEqualTypeOf<DeepReadonly<Static034<typeof schema>>>()
    expectTypeOf(config.current.port).toEqualTypeOf<number | undefined>()
  })

  it('is not what a convict schema with such names is', () => {
    expectTypeOf<
      InferConfig<{ type: { format: ['a', 'b']; default: 'a' }; properties: { format: 'nat'; default: 1 } }>
    >().toEqualTypeOf<{ type: 'a' | 'b'; properties: number }>()
    expectTypeOf<InferConfig<{ type: 'postgres'; host: 'x' }>>().toEqualTypeOf<{ type: string; host: string }>()
  })
})
