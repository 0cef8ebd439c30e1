import { createHotConfig } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'

import { drivenSource } from '../support/driven-source.ts'

const text = z.string()

/** Names that say nothing, so that only the mark counts. */
const first = {
  plain: 'plain-1',
  code: 'hidden-1',
  list: [{ code: 'hidden-2', plain: 'plain-2' }],
  record: { any: { code: 'hidden-3', plain: 'plain-3' } },
  either: 'hidden-4',
  whole: { a: { b: 'hidden-5' } },
  keys: { 'hidden-6': 'hidden-7' },
}
const second = JSON.parse(JSON.stringify(first).replaceAll(/(hidden|plain)-/g, '$1-x')) as typeof first

const registry = mini.globalRegistry as mini.core.$ZodRegistry<{ sensitive: true }>

/** The same marks for each library. */
const SCHEMAS: Readonly<Record<string, () => Schema>> = {
  'zod/mini, by register': () => {
    const code = mini.string().register(registry, { sensitive: true })
    const part = mini.object({ code: mini.optional(code), plain: mini.string() })
    return mini.object({
      plain: mini.string(),
      code: mini.nullish(code),
      list: mini.array(part),
      record: mini.record(mini.string(), part),
      either: mini.union([code, mini.object({ n: mini.number() })]),
      whole: mini.object({ a: mini.object({ b: mini.string() }) }).register(registry, { sensitive: true }),
      keys: mini.record(code, mini.string()),
    })
  },
  'zod, by meta': () => {
    const code = text.meta({ sensitive: true })
    const part = z.object({ code: code.transform((given) => given), plain: text })
    return z.object({
      plain: text,
      code: z.preprocess((given) => given, code).optional(),
      list: z.array(part),
      record: z.record(text, part),
      either: z.union([code, z.object({ n: z.number() })]),
      whole: z.object({ a: z.object({ b: text }) }).meta({ sensitive: true }),
      keys: z.record(code, text),
    })
  },
  'valibot, by metadata': () => {
    const code = v.pipe(v.string(), v.metadata({ sensitive: true }))
    const part = v.object({ code, plain: v.string() })
    return v.object({
      plain: v.string(),
      code: v.optional(code),
      list: v.array(part),
      record: v.record(v.string(), part),
      either: v.union([code, v.object({ n: v.number() })]),
      whole: v.pipe(v.object({ a: v.object({ b: v.string() }) }), v.metadata({ sensitive: true })),
      keys: v.record(code, v.string()),
    })
  },
  'JSON Schema, by writeOnly, format and sensitive': () => {
    const string = { type: 'string' }
    const part = (code: object): object => ({ type: 'object', properties: { code, plain: string } })
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { code: { ...string, format: 'password' } },
      properties: {
        plain: string,
        code: { ...string, writeOnly: true },
        list: { type: 'array', items: part({ $ref: '#/$defs/code' }) },
        record: { type: 'object', additionalProperties: part({ ...string, 'x-sensitive': true }) },
        either: { anyOf: [{ ...string, sensitive: true }, { type: 'object' }] },
        whole: { type: 'object', sensitive: true },
        keys: { type: 'object', propertyNames: { sensitive: true } },
      },
    }
  },
}

describe('what a schema marks as sensitive', () => {
  it.each(Object.keys(SCHEMAS))('is hidden in the history, and what it does not mark is shown: %s', async (name) => {
    const source = drivenSource(first)
    const schema = SCHEMAS[name]?.()
    await using config = await createHotConfig({ sources: source, logger: false, ...(schema && { schema }) })
    source.set(second)
    expect(await config.reload()).toBe('changed')
    const hidden = { before: '[redacted]', after: '[redacted]' }
    const shown = (number: number): object => ({ before: `plain-${number}`, after: `plain-x${number}` })
    const [entry] = config.history()
    expect(entry?.type === 'change' && entry.differences).toEqual(
      expect.arrayContaining([
        { path: 'plain', ...shown(1) },
        { path: 'code', ...hidden },
        { path: 'list[0].code', ...hidden },
        { path: 'list[0].plain', ...shown(2) },
        { path: 'record.any.code', ...hidden },
        { path: 'record.any.plain', ...shown(3) },
        { path: 'either', ...hidden },
        { path: 'whole', ...hidden },
        { path: 'keys', ...hidden },
      ]),
    )
    expect(JSON.stringify(config.history())).not.toContain('hidden')
  })

  it('is hidden at any depth of a schema that contains itself', async () => {
    const Node: z.ZodType = z.object({
      code: z.string().meta({ sensitive: true }),
      plain: z.string(),
      get below() {
        return z.array(Node).optional()
      },
    })
    const valueOf = (n: number): object => ({
      code: `hidden-${n}`,
      plain: `plain-${n}`,
      below: [{ code: `hidden-${n}`, plain: `plain-${n}`, below: [{ code: `hidden-${n}`, plain: 'same' }] }],
    })
    const source = drivenSource(valueOf(1))
    await using config = await createHotConfig({ schema: Node, sources: source, logger: false })
    source.set(valueOf(2))
    expect(await config.reload()).toBe('changed')
    expect(JSON.stringify(config.history())).not.toContain('hidden')
    expect(JSON.stringify(config.history())).toContain('plain-2')
  })

  it.each<[string, Schema]>([
    ['convict', { tokens: { default: 0, sensitive: false }, token: { default: '', sensitive: false } }],
    ['zod', z.object({ tokens: z.number(), token: z.string() }).transform((value) => value)],
  ])('says as well that a name is that of no secret: %s', async (library, schema) => {
    const open =
      library === 'zod'
        ? z.object({ tokens: z.number().meta({ sensitive: false }), token: z.string().meta({ sensitive: false }) })
        : schema
    const source = drivenSource({ tokens: 1, token: 'kind-1' })
    await using config = await createHotConfig({ schema: open, sources: source, logger: false })
    source.set({ tokens: 2, token: 'kind-2' })
    await config.reload()
    expect(config.history()).toMatchObject([
      {
        differences: [
          { path: 'tokens', before: 1, after: 2 },
          { path: 'token', before: 'kind-1', after: 'kind-2' },
        ],
      },
    ])
  })

  it('can be read of a library that has a JSON form, and a form that fails is said in the log', async () => {
    const lines: string[] = []
    const warn = (_details: object, message: string): void => void lines.push(message)
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({ value }),
        jsonSchema: {
          input: () => ({ type: 'object', properties: { code: { sensitive: true } } }),
          output: () => {
            throw new Error('no form of a date')
          },
        },
      },
    } as const
    const source = drivenSource({ code: 'hidden-1' })
    const logger = { info: () => undefined, warn, error: () => undefined }
    await using config = await createHotConfig({ schema, sources: source, logger })
    source.set({ code: 'hidden-2' })
    await config.reload()
    expect(config.history()).toMatchObject([{ differences: [{ path: 'code', before: '[redacted]' }] }])
    expect(lines).toEqual([expect.stringContaining('name its secrets in redact: no form of a date')])
  })
})
