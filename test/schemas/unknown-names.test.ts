import { createHotConfig, env, values, volume } from '@hot-config/core'
import type { ConfigError, HotConfigOptions, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { type } from 'arktype'
import { Type } from 'typebox'
import * as v from 'valibot'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { z as z3 } from 'zod/v3'

import { drivenSource } from '../support/driven-source.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { unwatched } from '../support/unwatched.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** The same configuration in the words of each library that can tell its names. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  convict: {
    log: { level: { format: String, default: 'info' } },
    pool: { size: { format: 'nat', default: 1 }, timeoutMs: { format: 'nat', default: 1 } },
    hosts: { format: Array, default: [] },
    labels: { format: Object, default: {} },
  },
  zod: z.object({
    log: z.object({ level: z.string() }).optional(),
    pool: z.object({ size: z.coerce.number(), timeoutMs: z.number().default(1) }).prefault({ size: 1 }),
    hosts: z.array(z.object({ host: z.string(), until: z.date().optional() })).default([]),
    labels: z.record(z.string(), z.object({ color: z.string() })).optional(),
  }),
  'zod with transforms': z
    .object({
      log: z.object({ level: z.string().transform((text) => text.length) }).nullish(),
      pool: z.intersection(z.object({ size: z.number() }), z.object({ timeoutMs: z.number().optional() })).optional(),
      hosts: z.array(z.union([z.string(), z.object({ host: z.string() })])).optional(),
      labels: z.looseObject({}).optional(),
    })
    .transform((value) => ({ ...value, more: 1 })),
  'zod/mini': mini.object({
    log: mini.nullish(
      mini.pipe(
        mini.object({ level: mini.string() }),
        mini.transform((value) => value),
      ),
    ),
    pool: mini.optional(
      mini.intersection(
        mini.object({ size: mini.coerce.number() }),
        mini.object({ timeoutMs: mini._default(mini.number(), 1) }),
      ),
    ),
    hosts: mini._default(mini.array(mini.union([mini.string(), mini.object({ host: mini.string() })])), []),
    labels: mini.optional(mini.readonly(mini.record(mini.string(), mini.object({ color: mini.string() })))),
  }),
  'zod 3': z3
    .object({
      log: z3.object({ level: z3.string().transform((text) => text.length) }).nullish(),
      pool: z3
        .intersection(z3.object({ size: z3.coerce.number() }), z3.object({ timeoutMs: z3.number().default(1) }))
        .optional(),
      hosts: z3.array(z3.union([z3.string(), z3.object({ host: z3.string() })])).default([]),
      labels: z3.record(z3.object({ color: z3.string() }).brand('label')).optional(),
    })
    .refine(() => true)
    .pipe(z3.any()),
  valibot: v.object({
    log: v.optional(v.object({ level: v.pipe(v.string(), v.minLength(1)) })),
    pool: v.optional(v.intersect([v.object({ size: v.number() }), v.object({ timeoutMs: v.optional(v.number()) })])),
    hosts: v.optional(
      v.array(v.variant('kind', [v.object({ kind: v.optional(v.literal('a')), host: v.string() })])),
      [],
    ),
    labels: v.optional(v.record(v.string(), v.object({ color: v.string() }))),
  }),
  arktype: type({
    'log?': { level: 'string' },
    'pool?': { size: 'number', 'timeoutMs?': 'number' },
    'hosts?': type({ host: 'string' }).array(),
    'labels?': { '[string]': { color: 'string' } },
  }) as Schema,
  'JSON Schema': {
    type: 'object',
    properties: {
      log: { $ref: '#/$defs/log' },
      pool: {
        allOf: [{ properties: { size: { type: 'integer' } } }, { properties: { timeoutMs: { type: 'integer' } } }],
      },
      hosts: { type: 'array', items: { properties: { host: { type: 'string' } } } },
      labels: { patternProperties: { '^[a-z]+$': { type: 'object' } }, additionalProperties: { type: 'object' } },
    },
    $defs: { log: { type: 'object', properties: { level: { type: 'string' } } } },
  },
  TypeBox: Type.Object({
    log: Type.Optional(Type.Object({ level: Type.String() })),
    pool: Type.Optional(Type.Object({ size: Type.Integer(), timeoutMs: Type.Optional(Type.Integer()) })),
    hosts: Type.Optional(Type.Array(Type.Object({ host: Type.String() }))),
    labels: Type.Optional(Type.Record(Type.String(), Type.Object({ color: Type.String() }))),
  }),
}

const KNOWN = {
  log: { level: 'info' },
  pool: { size: 2, timeoutMs: 3 },
  hosts: [{ host: 'a' }],
  labels: { any: { color: 'red' } },
}

/** The paths and messages of the warnings that a configuration starts with. */
async function warningsOf(schema: Schema, value: object, options: Partial<HotConfigOptions<Schema>> = {}) {
  const logger = recordingLogger()
  await using config = await createHotConfig({ ...options, schema, sources: values({ ...value }), logger })
  expect(config.health().status).toBe(logger.at('warn').length > 0 ? 'warn' : 'pass')
  return logger.at('warn').flatMap(({ details }) => (details as { warnings: object[] }).warnings)
}

describe.each(Object.entries(SCHEMAS))('with a schema of %s', (library, schema) => {
  it('nothing is said of names that it knows', async () => {
    expect(await warningsOf(schema, KNOWN)).toEqual([])
  })

  it('a name that it does not know is a warning, with the name that was probably meant', async () => {
    const source = 'values'
    const unknown = (path: string, meant = ''): object => ({
      source,
      path,
      message: `is unknown to the schema${meant && `; did you mean "${meant}"?`}`,
    })
    const value = { ...KNOWN, pool: { size: 2, timeOut: 3 }, servers: { any: { thing: 1 } }, lgo: { levle: 'x' } }
    expect(await warningsOf(schema, value)).toEqual([
      unknown('lgo', 'log'),
      unknown('pool.timeOut', 'timeoutMs'),
      unknown('servers'),
    ])
  })

  it('a name with dots is one name in YAML and JSON, and the path that was probably meant is written out', async () => {
    // convict can't have a dot in a name
    if (library === 'convict') return
    const warnings = await warningsOf(schema, { ...KNOWN, 'log.level': 'debug', 'log.x': 1 })
    expect(warnings).toEqual([
      expect.objectContaining({
        path: '["log.level"]',
        message: 'is unknown to the schema; a dot is part of the name here: write "level" below "log"',
      }),
      expect.objectContaining({ path: '["log.x"]', message: 'is unknown to the schema; did you mean "log"?' }),
    ])
  })

  it('the items of lists are checked', async () => {
    // convict has one format for a whole list
    const expected = library === 'convict' ? [] : ['hosts[1].hots']
    const warnings = await warningsOf(schema, { hosts: [{ host: 'a' }, { host: 'b', hots: 'c' }] })
    expect(warnings.map((warning) => (warning as { path: string }).path)).toEqual(expected)
  })

  it('they are rejected, or passed over, when the program says so', async () => {
    const value = { ...KNOWN, pool: { size: 2, timeOut: 3 } }
    expect(await warningsOf(schema, value, { unknown: 'ignore' })).toEqual([])
    const error: unknown = await createHotConfig({
      schema,
      sources: values(value),
      unknown: 'reject',
      logger: false,
    }).catch((thrown: unknown) => thrown)
    expect((error as ConfigError).issues).toEqual([
      {
        code: 'HOT_CONFIG_SCHEMA',
        source: 'values',
        path: 'pool.timeOut',
        message: 'is unknown to the schema; did you mean "timeoutMs"?',
      },
    ])
  })
})

describe('an unknown name', () => {
  it(
    'among thousands of others does not delay an update, and the first have a suggestion',
    { timeout: 15_000 },
    async () => {
      const names = Array.from({ length: 2_000 }, (_, index) => `setting_of_the_shop_${index}`)
      const schema = z.object(Object.fromEntries(names.map((name) => [name, z.number().optional()])))
      const source = drivenSource<object>({})
      await using config = await createHotConfig({ schema, sources: source, logger: false })
      source.set(Object.fromEntries(names.map((name) => [`${name}x`, 1])))
      expect(await config.reload()).toBe('unchanged')
      const [first = ''] = config.health().sources[0]?.warnings ?? []
      expect(first).toBe('setting_of_the_shop_0x: is unknown to the schema; did you mean "setting_of_the_shop_0"?')
    },
  )

  const schema = { log: { level: { format: String, default: 'info' } }, port: { format: 'port', default: 80 } }

  it('is told of with its file and line, until it is gone', async () => {
    await using mounted = { ...(await createConfigMapVolume()), [Symbol.asyncDispose]: () => mounted.remove() }
    await mounted.update({ 'app.yaml': 'port: 81\nlog:\n  levle: debug\n', prot: '82' })
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: unwatched(volume(mounted.path)), logger })
    const [health] = config.health().sources
    const warnings = [
      'app.yaml:3:3 log.levle: is unknown to the schema; did you mean "level"?',
      'prot prot: is unknown to the schema; did you mean "port"?',
    ]
    expect(health?.warnings).toEqual(warnings)
    await mounted.update({ 'app.yaml': 'port: 81\nlog:\n  level: debug\n' })
    expect(await config.reload()).toBe('changed')
    expect(config.health()).toMatchObject({ sources: [{ warnings: [] }] })
  })

  it('of an update is a rejection that keeps what is served, where the program says so', async () => {
    const source = drivenSource<object>({ port: 81 })
    await using config = await createHotConfig({ schema, sources: source, unknown: 'reject', logger: false })
    source.set({ prot: 82 })
    expect(await config.reload()).toBe('rejected')
    expect(config.current.port).toBe(81)
    expect(config.health().lastRejection?.issues).toEqual([
      { source: 'driven', path: 'prot', message: 'is unknown to the schema; did you mean "port"?' },
    ])
  })

  it.each<[string, Schema]>([
    ['zod', z.object({ peer: z.union([z.string(), z.object({ host: z.string() })]) })],
    ['zod 3', z3.object({ peer: z3.union([z3.string(), z3.object({ host: z3.string() })]) })],
    ['valibot', v.object({ peer: v.union([v.string(), v.object({ host: v.string() })]) })],
    ['arktype', type({ peer: type('string').or({ host: 'string' }) }) as Schema],
    ['TypeBox', Type.Object({ peer: Type.Union([Type.String(), Type.Object({ host: Type.String() })]) })],
  ])('is found in an object that may be a text as well, by %s', async (_library, schema) => {
    expect(await warningsOf(schema, { peer: 'a' })).toEqual([])
    expect(await warningsOf(schema, { peer: { host: 'a', prot: 1 } })).toMatchObject([{ path: 'peer.prot' }])
  })

  it('is listed beside what else is wrong', async () => {
    const options = { schema, sources: values({ prot: 1, port: 'x' }), logger: false } as const
    const issues = async (unknown: 'reject' | 'warn'): Promise<unknown> => {
      const error: unknown = await createHotConfig({ ...options, unknown }).catch((thrown: unknown) => thrown)
      return (error as ConfigError).issues.map(({ path }) => path)
    }
    expect(await issues('reject')).toEqual(['port', 'prot'])
    expect(await issues('warn')).toEqual(['port'])
  })

  it.each<[string, Schema]>([
    ['zod', z.strictObject({ log: z.strictObject({ level: z.string() }) })],
    ['valibot', v.strictObject({ log: v.strictObject({ level: v.string() }) })],
    ['JSON Schema', { type: 'object', properties: { log: {} }, additionalProperties: false }],
  ])('is one problem with a strict schema of %s, which rejects it itself', async (_library, strict) => {
    for (const unknown of ['reject', 'warn', 'ignore'] as const) {
      const sources = values({ log: { level: 'x' }, lgo: 1 })
      const error: unknown = await createHotConfig({ schema: strict, sources, unknown, logger: false }).catch(
        (thrown: unknown) => thrown,
      )
      expect((error as ConfigError).issues).toMatchObject([{ source: 'values', message: expect.any(String) }])
    }
  })

  it.each<[string, Schema]>([
    ['a function', (input) => input],
    ['zod, after a preprocessing', z.preprocess((input) => input, z.object({ a: z.number().optional() }))],
    ['zod, of anything', z.any()],
    ['valibot, made later', v.lazy(() => v.object({}))],
    ['JSON Schema that names nothing', { type: 'object' }],
    ['JSON Schema that allows more', { type: 'object', properties: { a: {} }, additionalProperties: true }],
    ['zod 3, passthrough', z3.object({ a: z3.string().optional() }).passthrough()],
    ['zod 3, catchall', z3.object({ a: z3.string().optional() }).catchall(z3.any())],
    ['zod 3, preprocess', z3.preprocess((value) => value, z3.object({ a: z3.string().optional() }))],
    ['zod 3, lazy', z3.lazy(() => z3.object({ a: z3.string().optional() }))],
    ['JSON Schema with an open choice', { anyOf: [{ type: 'object', properties: { a: {} } }, { type: 'object' }] }],
    ['no schema', undefined as unknown as Schema],
  ])('is not told of where the schema can not tell: %s', async (_what, schema) => {
    expect(await warningsOf(schema, { b: { c: 1 } })).toEqual([])
  })

  it('of a schema that contains itself is found at any depth', async () => {
    const Node = z.object({
      name: z.string().optional(),
      get children() {
        return z.array(Node).optional()
      },
    })
    const MiniNode = mini.object({
      name: mini.optional(mini.string()),
      get children() {
        return mini.optional(mini.array(MiniNode))
      },
    })
    const value = { children: [{ children: [{ name: 'a', nmae: 'b' }] }] }
    for (const schemaOfNode of [Node, MiniNode]) {
      expect(await warningsOf(schemaOfNode, value)).toMatchObject([{ path: 'children[0].children[0].nmae' }])
    }
  })

  it('is not told of for the whole environment, of which only known names are part', async () => {
    vi.stubEnv('UNKNOWN_NAMES_TEST', 'x')
    vi.stubEnv('PORT', '81')
    for (const whole of [schema, z.strictObject({ port: z.coerce.number() })]) {
      const logger = recordingLogger()
      await using config = await createHotConfig({ schema: whole as Schema, sources: env(), unknown: 'reject', logger })
      expect(config.current).toEqual(whole === schema ? { log: { level: 'info' }, port: 81 } : { port: 81 })
    }
  })

  it('is told of for a part of the environment, by its variable', async () => {
    vi.stubEnv('UNKNOWN_NAMES_TEST_PROT', 'x')
    const sources = env({ prefix: 'UNKNOWN_NAMES_TEST_' })
    await using config = await createHotConfig({ schema, sources, logger: false })
    expect(config.health().sources[0]?.warnings).toContain(
      'UNKNOWN_NAMES_TEST_PROT prot: is unknown to the schema; did you mean "port"?',
    )
  })

  it('never shows a value', async () => {
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: values({ token: 'hunter22' }), logger })
    const said = [config.health(), logger.at('warn')]
    expect(JSON.stringify(said)).toContain('is unknown to the schema')
    expect(JSON.stringify(said)).not.toContain('hunter22')
  })
})
