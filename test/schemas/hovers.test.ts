import { fileURLToPath } from 'node:url'

import { afterAll, describe, expect, it } from 'vitest'

import { LanguageServer } from '../support/language-server.ts'

const server = new LanguageServer(fileURLToPath(import.meta.url))

afterAll(() => server[Symbol.dispose]())

/** The compiler reads the types of all tests first. */
const TIMEOUT_MS = 120_000

const CONVICT = `
import { createHotConfig, defineSchema } from '@hot-config/core'
import type { InferConfig } from '@hot-config/core'
const schema = defineSchema({
  enabled: { format: Boolean, default: false },
  level: { format: ['debug', 'info'], default: 'info' },
  pool: { max: { format: 'nat', default: 1 }, name: { format: String, default: 'x', nullable: true } },
})
const config = await createHotConfig({ schema })
`

const ZOD = `
import { createHotConfig } from '@hot-config/core'
import { z } from 'zod'
const schema = z.object({ log: z.object({ level: z.enum(['debug', 'info']) }), hosts: z.array(z.object({ name: z.string() })) })
const config = await createHotConfig({ schema })
`

const JSON_SCHEMA = `
import { createHotConfig } from '@hot-config/core'
const config = await createHotConfig({
  schema: {
    type: 'object',
    required: ['on'],
    properties: { on: { type: 'boolean' }, level: { enum: ['debug', 'info'], default: 'info' } },
  },
})
`

/** The paths that an error lists, sorted. */
function pathsIn(error: string): string[] {
  const [, paths = ''] = /parameter of type '(.*)'\.$/.exec(error) ?? []
  return paths.split(' | ').toSorted()
}

describe('an editor shows', () => {
  it('plain types for a convict schema', { timeout: TIMEOUT_MS }, async () => {
    const pool = '{ readonly max: number; readonly name: string | null; }'
    expect(
      await server.hovers(`${CONVICT}
        export type Config = InferConfig<typeof schema>
        export const whole = config
        export const current = config.current
        export const enabled = config.current.enabled
        export const level = config.get('level')
        export const pool = config.get('pool')
        export const name = config.current.pool.name
      `),
    ).toEqual({
      Config: '{ enabled: boolean; level: "debug" | "info"; pool: { max: number; name: string | null; }; }',
      whole: 'HotConfig<{ enabled: boolean; level: "debug" | "info"; pool: { max: number; name: string | null; }; }>',
      current: `{ readonly enabled: boolean; readonly level: "debug" | "info"; readonly pool: ${pool}; }`,
      enabled: 'boolean',
      level: '"debug" | "info"',
      pool,
      name: 'string | null',
    })
  })

  it('plain types for zod and JSON Schema', { timeout: TIMEOUT_MS }, async () => {
    const shown = await server.hovers(`${ZOD}
      export const current = config.current
      export const host = config.get('hosts[0].name')
    `)
    const hosts = 'readonly { readonly name: string; }[]'
    expect(shown).toEqual({
      current: `{ readonly log: { readonly level: "debug" | "info"; }; readonly hosts: ${hosts}; }`,
      host: 'string | undefined',
    })
    expect(await server.hovers(`${JSON_SCHEMA}\nexport const current = config.current`)).toEqual({
      current: '{ readonly on: boolean; readonly level: "debug" | "info"; }',
    })
  })

  it('which paths there are, for a path that is wrong', { timeout: TIMEOUT_MS }, async () => {
    const calls = [
      `config.get('pool.mx')`,
      `config.onChange('pool.mx', () => undefined)`,
      `await config.resource('pool.mx', () => undefined)`,
      `await config.explain('pool.mx')`,
    ]
    const errors = await server.errors(
      `${CONVICT}\nexport type Config = InferConfig<typeof schema>\n${calls.join('\n')}`,
    )
    expect(errors).toHaveLength(calls.length)
    for (const error of errors) {
      expect(error).toContain(`Argument of type '"pool.mx"' is not assignable`)
      expect(pathsIn(error)).toEqual(['"enabled"', '"level"', '"pool"', '"pool.max"', '"pool.name"'])
    }
    const [wrong = ''] = await server.errors(`${ZOD}\nconfig.get('log.levle')`)
    expect(pathsIn(wrong)).toEqual(['"hosts"', '"log"', '"log.level"', '`hosts[${number}].name`', '`hosts[${number}]`'])
  })
})

describe('defineSchema()', () => {
  it('keeps literal types that a variable of its own would lose', { timeout: TIMEOUT_MS }, async () => {
    const shown = await server.hovers(`
      import { defineSchema } from '@hot-config/core'
      import type { InferConfig } from '@hot-config/core'
      const kept = defineSchema({ level: { format: ['debug', 'info'], default: 'info' }, port: { format: 'port', default: null } })
      const widened = { level: { format: ['debug', 'info'], default: 'info' }, port: { format: 'port', default: null } }
      export type Kept = InferConfig<typeof kept>
      export type Widened = InferConfig<typeof widened>
    `)
    expect(shown['Kept']).toBe('{ level: "debug" | "info"; port: number; }')
    expect(shown['Widened']).toContain('level: string')
  })
})
