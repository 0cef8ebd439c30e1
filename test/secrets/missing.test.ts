import { createHotConfig, env, values } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import { Type as OldType } from '@sinclair/typebox'
import { type } from 'arktype'
import { Type } from 'typebox'
import * as v from 'valibot'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import * as z3 from 'zod/v3'

import { loadError } from '../support/load-error.ts'

const VARIABLE = 'HOT_CONFIG_TEST_PASSWORD'

/** Each schema requires a password of four characters and a host. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  zod: z.object({ db: z.object({ host: z.string(), password: z.string().min(4) }) }),
  'zod 3': z3.object({ db: z3.object({ host: z3.string(), password: z3.string().min(4) }) }),
  valibot: v.object({ db: v.object({ host: v.string(), password: v.pipe(v.string(), v.minLength(4)) }) }),
  arktype: type({ db: { host: 'string', password: 'string >= 4' } }),
  'JSON Schema': {
    type: 'object',
    properties: {
      db: {
        type: 'object',
        required: ['host', 'password'],
        properties: { host: { type: 'string' }, password: { type: 'string', minLength: 4 } },
      },
    },
  },
  TypeBox: Type.Object({ db: Type.Object({ host: Type.String(), password: Type.String({ minLength: 4 }) }) }),
  'TypeBox 0.34': OldType.Object({
    db: OldType.Object({ host: OldType.String(), password: OldType.String({ minLength: 4 }) }),
  }),
  convict: {
    db: {
      host: { format: String, default: null },
      password: {
        default: null,
        env: VARIABLE,
        format(value: unknown) {
          if (typeof value !== 'string' || value.length < 4) throw new Error(`${String(value)} is too short`)
        },
      },
    },
  },
}

const messageFor = async (schema: Schema | undefined, content: object): Promise<string | undefined> => {
  const sources = [values(content as Record<string, unknown>), env({ map: {} })]
  const { issues } = await loadError(createHotConfig({ ...(schema && { schema }), sources, logger: false }))
  return issues.find(({ path }) => path === 'db.password')?.message
}

describe.each(Object.entries(SCHEMAS))('the rejection of a password, with %s', (_library, schema) => {
  it('says that no source has one', async () => {
    for (const content of [{ db: { host: 'a' } }, { db: { host: 1 } }]) {
      expect(await messageFor(schema, content)).toBe('is not valid: no source has a value for it')
    }
  })

  it('does not describe one that a source has', async () => {
    for (const password of ['abc', '', 123, null, ['abcd'], { user: 'abcd' }]) {
      expect(await messageFor(schema, { db: { host: 'a', password } })).toBe('is not valid ([redacted])')
    }
  })
})

it('the rejection of a part of a password does not say whether the password has it', async () => {
  const schema = z.object({ db: z.object({ password: z.object({ first: z.string(), second: z.string() }) }) })
  expect(await messageFor(schema, { db: { password: { first: 'abcd' } } })).toBe('is not valid ([redacted])')
  expect(await messageFor(schema, { db: { password: 'first=abcd' } })).toBe('is not valid ([redacted])')
})

it('the rejection of a password that a variable sets does not describe it', async () => {
  process.env[VARIABLE] = 'abc'
  onTestFinished(() => {
    delete process.env[VARIABLE]
  })
  expect(await messageFor(SCHEMAS['convict'], { db: { host: 'a' } })).toBe('is not valid ([redacted])')
})
