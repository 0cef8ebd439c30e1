import type { Schema } from '@hot-config/core'
import { Type } from '@sinclair/typebox'
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'

/** A schema of each kind that the program may have, with the names that hostile texts have as well. */
export const HOSTILE_SCHEMAS: Readonly<Record<string, Schema | undefined>> = {
  'no schema': undefined,
  'a function': (input: Record<string, unknown>) => {
    if (input['flag'] === undefined) return { ...input, moved: JSON.stringify(input).slice(0, 500) }
    throw new Error(`can't use ${JSON.stringify(input).slice(0, 500)}`)
  },
  convict: {
    port: { format: 'port', default: 1 },
    flag: { format: Boolean, default: false },
    ratio: { format: Number, default: 0 },
    list: { format: Array, default: [] },
    log: { level: { format: ['info', 'debug'], default: 'info' } },
    vault: { it: { format: String, default: '', sensitive: true } },
    a: { format: Object, default: {} },
  },
  zod: z.object({
    port: z.coerce.number().int().optional(),
    flag: z.union([z.boolean(), z.stringbool()]).optional(),
    ratio: z.number().optional(),
    list: z.array(z.union([z.string(), z.object({ b: z.array(z.number()) })])).optional(),
    log: z.object({ level: z.enum(['info', 'debug']) }).optional(),
    vault: z.record(z.string(), z.unknown()).optional(),
    a: z.unknown().optional(),
  }),
  valibot: v.looseObject({
    port: v.optional(v.pipe(v.number(), v.maxValue(65_535))),
    flag: v.optional(v.boolean()),
    list: v.optional(v.array(v.string())),
    log: v.optional(v.object({ level: v.picklist(['info', 'debug']) })),
    vault: v.optional(v.object({ it: v.string() })),
  }),
  arktype: type({
    'port?': 'number.integer | string.integer.parse',
    'flag?': 'boolean',
    'list?': 'string[]',
    'log?': { level: "'info' | 'debug'" },
    'vault?': { it: 'string' },
  }),
  'JSON Schema': {
    type: 'object',
    properties: {
      port: { type: 'integer', maximum: 65_535 },
      flag: { type: 'boolean' },
      ratio: { type: 'number' },
      list: { type: 'array', items: { type: 'string', maxLength: 5 }, uniqueItems: true },
      log: { type: 'object', properties: { level: { enum: ['info', 'debug'] } }, additionalProperties: false },
      vault: { type: 'object', properties: { it: { type: 'string', writeOnly: true } } },
    },
    propertyNames: { maxLength: 500 },
  },
  TypeBox: Type.Object({
    port: Type.Optional(Type.Integer()),
    flag: Type.Optional(Type.Boolean()),
    list: Type.Optional(Type.Array(Type.String())),
    log: Type.Optional(Type.Object({ level: Type.Union([Type.Literal('info'), Type.Literal('debug')]) })),
  }),
}
