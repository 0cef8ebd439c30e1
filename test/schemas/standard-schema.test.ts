import { ConfigError, createHotConfig } from '@hot-config/core'
import type { HotConfig, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as zm from 'zod/mini'
import { z as z3 } from 'zod/v3'

import { drivenSource } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { wholeError } from '../support/outward.ts'

const failure = (schema: Schema, value: object): Promise<ConfigError> =>
  loadError(createHotConfig({ schema, sources: drivenSource(value), logger: false }))

const zodServers = z.object({
  log: z.object({ level: z.enum(['debug', 'info']).default('info'), color: z.boolean().optional() }).prefault({}),
  servers: z.array(z.object({ host: z.string().min(3), port: z.coerce.number().int() })).default([]),
  ratio: z
    .string()
    .transform((text) => Number(text) / 100)
    .optional(),
})

const valibotServers = v.object({
  log: v.optional(
    v.object({ level: v.optional(v.picklist(['debug', 'info']), 'info'), color: v.optional(v.boolean()) }),
    {},
  ),
  servers: v.optional(
    v.array(
      v.object({
        host: v.pipe(v.string(), v.minLength(3)),
        port: v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer()),
      }),
    ),
    [],
  ),
  ratio: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => Number(text) / 100),
    ),
  ),
})

describe.each([
  ['zod', zodServers],
  ['valibot', valibotServers],
])('a schema of %s', (_library, schema) => {
  it('sets defaults and transforms values', async () => {
    const start = async (value: object): Promise<unknown> => {
      await using config = await createHotConfig({ schema, sources: drivenSource(value), logger: false })
      return config.current
    }
    expect(await start({})).toEqual({ log: { level: 'info' }, servers: [] })
    expect(await start({ ratio: '25', servers: [{ host: 'one', port: '80' }], undeclared: 1 })).toEqual({
      log: { level: 'info' },
      servers: [{ host: 'one', port: 80 }],
      ratio: 0.25,
    })
  })

  it('lists every issue with its path, the file and the line', async () => {
    await using volume = await createConfigMapVolume()
    const text =
      'log:\n  level: loud\nservers:\n  - host: one\n    port: 80\n  - host: x\n    port: 1.5\n  - {port: 1}\n'
    await volume.update({ 'app.yaml': text })
    const error = await loadError(createHotConfig({ schema, sources: volume.path, logger: false }))
    expect(error).toMatchObject({ name: 'SchemaError', code: 'HOT_CONFIG_SCHEMA' })
    const { issues, message } = error
    const places = issues.map(({ path, file, line, column }) => [path, file, line, column])
    expect(places).toEqual(
      expect.arrayContaining([
        ['log.level', 'app.yaml', 2, 3],
        ['servers[1].host', 'app.yaml', 6, 5],
        ['servers[1].port', 'app.yaml', 7, 5],
        // what is missing is told by what is around it
        ['servers[2].host', 'app.yaml', 8, 5],
      ]),
    )
    expect(places).toHaveLength(4)
    expect(message).toContain(`volume:${volume.path} app.yaml:6:5 servers[1].host: `)
  })

  it('keeps the last good snapshot when an update does not pass', async () => {
    const source = drivenSource({ servers: [{ host: 'one', port: 1 }] })
    await using config = (await createHotConfig({ schema, sources: source, logger: false })) as HotConfig<unknown>
    const before = config.current
    source.set({ servers: 'none' })
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toBe(before)
    expect(config.health().lastRejection?.issues).toMatchObject([{ source: 'driven', path: 'servers' }])
  })
})

/** A schema of some other library. */
function standard(validate: (value: unknown) => StandardResult | Promise<StandardResult>): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

type StandardResult = { readonly value: unknown } | { readonly issues: readonly { readonly message: string }[] }

/** A port with a default, in an object below an object and in the objects of a list. Each library in its own way. */
const withDefaults: Readonly<Record<string, Schema>> = {
  zod: z.object({
    server: z.object({ host: z.string(), port: z.number().default(80) }),
    peers: z.array(z.object({ port: z.number().default(80) })),
  }),
  'zod 3': z3.object({
    server: z3.object({ host: z3.string(), port: z3.number().default(80) }),
    peers: z3.array(z3.object({ port: z3.number().default(80) })),
  }),
  valibot: v.object({
    server: v.object({ host: v.string(), port: v.optional(v.number(), 80) }),
    peers: v.array(v.object({ port: v.optional(v.number(), 80) })),
  }),
  arktype: type({ server: { host: 'string', port: 'number = 80' }, peers: type({ port: 'number = 80' }).array() }),
  'a library that writes to its input': standard((input) => {
    const tree = input as { server: { port?: number }; peers: { port?: number }[] }
    for (const each of [tree.server, ...tree.peers]) each.port ??= 80
    return { value: tree }
  }),
}

describe.each(Object.entries(withDefaults))('a schema of %s', (_library, schema) => {
  it('fills in defaults at any depth, for the first content and for every update', async () => {
    const source = drivenSource<object>({ server: { host: 'a' }, peers: [{}, { port: 1 }] })
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    expect(config.current).toEqual({ server: { host: 'a', port: 80 }, peers: [{ port: 80 }, { port: 1 }] })
    source.set({ server: { host: 'b', port: 2 }, peers: [{}] })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ server: { host: 'b', port: 2 }, peers: [{ port: 80 }] })
    source.set({ server: { host: 'b' }, peers: [{}] })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ server: { host: 'b', port: 80 }, peers: [{ port: 80 }] })
  })
})

describe('z.coerce.boolean(), which takes every text for true', () => {
  const warningsFor = async (schema: Schema): Promise<string[]> => {
    const logger = recordingLogger()
    const value = { cache: true, nested: { list: [{ on: true }] } }
    await using config = await createHotConfig({ schema, sources: drivenSource(value), logger, unknown: 'ignore' })
    expect(config.current).toMatchObject({ cache: true })
    return logger.at('warn').map(({ message }) => message)
  }

  it('is a warning at the start with what to write and where', async () => {
    const on = z.object({ on: z.coerce.boolean() })
    const schema = z.object({
      cache: z.coerce.boolean().default(true),
      nested: z.object({ list: z.array(on), other: z.coerce.boolean().optional() }),
    })
    expect(await warningsFor(schema)).toEqual([
      'z.coerce.boolean() makes "off" and "false" true: write z.stringbool() for text, at ' +
        'cache, nested.list.on, nested.other',
    ])
  })

  it('is a warning with zod 3 as well', async () => {
    const on = z3.object({ on: z3.coerce.boolean().optional() }).strict()
    const schema = z3.object({ cache: z3.coerce.boolean().default(true), nested: z3.object({ list: z3.array(on) }) })
    expect(await warningsFor(schema)).toEqual([
      'z.coerce.boolean() makes "off" and "false" true: write z.enum([\'true\', \'false\'])' +
        ".transform((text) => text === 'true') for text, at cache, nested.list.on",
    ])
  })

  it.each<[library: string, schema: Schema]>([
    ['zod', z.object({ cache: z.unknown(), flag: z.optional(z.string().pipe(z.coerce.boolean())) })],
    ['zod/mini', zm.object({ cache: zm.unknown(), flag: zm.optional(zm.pipe(zm.string(), zm.coerce.boolean())) })],
    ['zod/mini', zm.object({ cache: zm.unknown(), flag: zm.optional(zm.lazy(() => zm.coerce.boolean())) })],
    ['zod 3', z3.object({ cache: z3.unknown(), flag: z3.string().pipe(z3.coerce.boolean()).optional() })],
    ['zod 3', z3.object({ cache: z3.unknown(), flag: z3.preprocess((it) => it, z3.coerce.boolean()).optional() })],
  ])('is a warning in the later steps of %s', async (_library, schema) => {
    expect(await warningsFor(schema)).toEqual([expect.stringMatching(/^z\.coerce\.boolean\(\) makes .*, at flag$/)])
  })

  it.each<[library: string, schema: Schema]>([
    ['zod', z.object({ cache: z.unknown(), flag: z.string().transform(Boolean).optional() })],
    ['zod 3', z3.object({ cache: z3.unknown(), flag: z3.string().transform(Boolean).optional() })],
  ])('is a warning as the transformation of %s', async (_library, schema) => {
    expect(await warningsFor(schema)).toEqual([expect.stringMatching(/^transform\(Boolean\) makes .*, at flag$/)])
  })

  it('is a warning with valibot, where its input may be text', async () => {
    const guess = v.pipe(v.unknown(), v.toBoolean())
    const schema = v.object({
      cache: guess,
      nested: v.looseObject({ list: v.optional(v.array(v.object({ on: v.pipe(v.unknown(), v.toBoolean()) }))) }),
      piped: v.optional(
        v.pipe(v.pipe(v.nullable(v.string()), v.transform(Boolean as (text: string | null) => boolean)), v.boolean()),
      ),
      trimmed: v.optional(v.pipe(v.string(), v.trim(), v.toLowerCase(), v.toBoolean())),
      number: v.optional(v.pipe(v.union([v.boolean(), v.number()]), v.toBoolean())),
      numeral: v.optional(v.pipe(v.pipe(v.string(), v.toNumber()), v.toBoolean())),
      exact: v.optional(v.pipe(v.string(), v.parseBoolean())),
    })
    const guessed = 'makes "off" and "false" true: write v.parseBoolean() for text, at'
    expect(await warningsFor(schema)).toEqual([
      `v.toBoolean() ${guessed} cache, nested.list.on, trimmed`,
      `v.transform(Boolean) ${guessed} piped`,
    ])
  })

  it('is told apart from what reads text exactly', async () => {
    const flag = z.union([z.boolean(), z.stringbool()])
    const nested = z.object({ list: z.array(z.object({ on: z.boolean() })) })
    expect(await warningsFor(z.object({ cache: flag, nested }))).toEqual([])
  })
})

describe('a Standard Schema', () => {
  it('may validate asynchronously', async () => {
    const known = async (name: string): Promise<boolean> => Promise.resolve(name === 'known')
    for (const schema of [
      z.object({ name: z.string().refine(known, 'is not known') }),
      v.objectAsync({ name: v.pipeAsync(v.string(), v.checkAsync(known, 'is not known')) }),
    ]) {
      await using config = await createHotConfig({ schema, sources: drivenSource({ name: 'known' }), logger: false })
      expect(config.current.name).toBe('known')
      const { issues } = await failure(schema, { name: 'other' })
      expect(issues).toMatchObject([{ path: 'name', source: 'driven', message: 'is not known' }])
    }
  })

  it('may be a union', async () => {
    for (const schema of [
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('file'), path: z.string() }),
        z.object({ kind: z.literal('url'), url: z.url() }),
      ]),
      v.variant('kind', [
        v.object({ kind: v.literal('file'), path: v.string() }),
        v.object({ kind: v.literal('url'), url: v.pipe(v.string(), v.url()) }),
      ]),
    ]) {
      const source = drivenSource({ kind: 'file', path: '/x' })
      await using config = await createHotConfig({ schema, sources: source, logger: false })
      const next = { kind: 'url', url: 'https://example.org' }
      source.set(next)
      expect(await config.reload()).toBe('changed')
      expect(config.current).toEqual(next)
      expect((await failure(schema, { kind: 'other' })).issues).toMatchObject([{ path: 'kind' }])
    }
  })

  it.each([
    ['zod', z],
    ['zod 3', z3 as unknown as typeof z],
  ])('of %s names what the choices of a union expect', async (_library, lib) => {
    const size = lib.union([lib.boolean(), lib.enum(['small', 'large'])])
    const store = lib.union([
      lib.object({ kind: lib.literal('file'), path: lib.string() }),
      lib.object({
        kind: lib.literal('bucket'),
        names: lib.array(lib.union([lib.number(), lib.object({ n: lib.number() })])),
      }),
    ])
    const schema = lib.object({ size: size.optional(), store: store.optional(), own: lib.any().optional() })
    const expectedOf = async (value: object): Promise<string[]> =>
      (await failure(schema, value)).issues.map(({ path, message }) => `${path}: ${message}`)
    expect(await expectedOf({ size: 'hunter22' })).toEqual([expect.stringMatching(/^size: .*small.*large/)])
    expect(await expectedOf({ size: 5 })).toEqual([expect.stringMatching(/^size: .*small.*large/)])
    expect(await expectedOf({ store: { kind: 'file', path: 5 } })).toEqual([
      expect.stringMatching(/^store\.path: .*expected string, received number$/i),
    ])
    expect(await expectedOf({ store: { kind: 'bucket', names: [1, { n: 'hunter22' }] } })).toEqual([
      expect.stringMatching(/^store\.names\[1\]\.n: .*expected number, received string$/i),
    ])
    expect(await expectedOf({ store: { kind: 'hunter22' } })).toEqual([
      expect.stringMatching(/^store: kind: .*expected "file"; or kind: .*expected "bucket"$/i),
    ])
    const own = lib.union([
      lib.object({ a: lib.enum(['x']), b: lib.number() }),
      lib.object({ c: lib.enum(['y']), d: lib.number() }),
    ])
    const error = await failure(lib.object({ own }), { own: { a: 'hunter22', c: 'hunter33' } })
    expect(error.message).toMatch(/^driven own: a: .*; or c: /)
    expect(wholeError(error)).not.toContain('hunter')
  })

  it("can't quote the value that it rejects", async () => {
    const schema = v.object({ a: v.number(), b: v.array(v.picklist(['x'])), n: v.string() })
    const error = await failure(schema, { a: 'hunter22', b: ['hunter33'], n: 774_411 })
    expect(error.issues.map(({ path, message }) => [path, message])).toEqual([
      ['a', 'Invalid type: Expected number but received this value'],
      ['b[0]', 'Invalid type: Expected "x" but received this value'],
      ['n', 'Invalid type: Expected string but received this value'],
    ])
    expect(wholeError(error)).not.toMatch(/hunter|774411/)
  })

  it.each<[string, Schema, object, string]>([
    ['zod', z.object({ n: z.number().positive() }), { n: 0 }, 'Too small: expected number to be >0'],
    ['zod', z.object({ n: z.coerce.number().lt(100_000) }), { n: '100000' }, 'Too big: expected number to be <100000'],
    [
      'valibot',
      v.object({ n: v.pipe(v.number(), v.ltValue(50)) }),
      { n: 50 },
      'Invalid value: Expected <50 but received this value',
    ],
    [
      'valibot',
      v.object({ n: v.pipe(v.number(), v.notValue(7)) }),
      { n: 7 },
      'Invalid value: Expected !7 but received this value',
    ],
    ['arktype', type({ n: 'number < 50' }), { n: 50 }, 'n must be less than 50 (was this value)'],
    [
      'JSON Schema',
      { type: 'object', properties: { n: { type: 'number', exclusiveMinimum: 0 } } },
      { n: 0 },
      'must be > 0',
    ],
    [
      'JSON Schema',
      { type: 'object', properties: { m: { type: 'string', pattern: '^ipv4$' } } },
      { m: 'pattern' },
      'must match pattern "^ipv4$"',
    ],
    [
      'convict',
      { n: { format: (n: unknown) => void (Number(n) > 0 || fail('must be greater than 0')), default: 1 } },
      { n: 0 },
      'must be greater than 0',
    ],
    ['a message', z.object({ n: z.number().refine(() => false, { error: 'no 7' }) }), { n: 7 }, 'no this value'],
  ])('of %s names a limit that is the value itself: %#', async (_library, schema, value, says) => {
    const { issues } = await failure(schema, value)
    expect(issues.map(({ message }) => message)).toEqual([says])
  })

  it('that throws or rejects is a rejection', async () => {
    for (const schema of [
      z.object({ a: z.string() }).transform(() => fail('broke')),
      standard(() => fail('broke')),
      standard(() => Promise.reject(new Error('broke'))),
    ]) {
      const { message, issues } = await failure(schema, { a: 'x' })
      expect(message).toBe('the schema failed: broke')
      expect(issues).toHaveLength(1)
    }
    const refuses = standard(() => ({ issues: [] }))
    expect((await failure(refuses, {})).message).toBe('the schema rejected the value without a reason')
  })

  it.each<[string, Schema]>([
    ['zod', z.looseObject({ a: z.unknown() }).transform((value) => (value.a === 1 ? value : undefined))],
    [
      'valibot',
      v.pipe(
        v.looseObject({}),
        v.transform((value) => (value['a'] === 1 ? value : undefined)),
      ),
    ],
    ['another', standard((value) => ({ value: (value as { a: unknown }).a === 1 ? value : undefined }))],
  ])('of %s that returns nothing rejects the value', async (_library, schema) => {
    const source = drivenSource({ a: 1 })
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    source.set({ a: 2 })
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ a: 1 })
    const message = 'the schema returned nothing: expected the configuration'
    expect(config.health()).toMatchObject({ status: 'warn', lastRejection: { message } })
    expect((await failure(schema, { a: 2 })).message).toBe(message)
  })

  it('may be a function, as those of arktype are', async () => {
    const schema = Object.assign(() => fail('not to be called'), {
      '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
    } as const)
    await using config = await createHotConfig({ schema, sources: drivenSource({ a: 1 }), logger: false })
    expect(config.current).toEqual({ a: 1 })
  })
})

describe('a function as schema', () => {
  it('returns the configuration, at once or later', async () => {
    await using now = await createHotConfig({
      schema: (input) => ({ port: Number(input['port']) }),
      sources: drivenSource({ port: '80' }),
      logger: false,
    })
    expect(now.current.port).toBe(80)
    await using later = await createHotConfig({
      schema: async (input) => Promise.resolve({ port: Number(input['port']) }),
      sources: drivenSource({ port: '80' }),
      logger: false,
    })
    expect(later.current.port).toBe(80)
  })

  it.each([
    ['throws', () => fail('port is missing'), 'port is missing'],
    ['rejects', async () => fail('port is missing'), 'port is missing'],
    ['throws what is no error', () => throwText(), 'port is missing'],
    ['returns nothing', () => undefined, 'the schema returned nothing: expected the configuration'],
  ])('that %s rejects the update', async (_what, refuse, says) => {
    const source = drivenSource({ port: 80 })
    await using config = await createHotConfig({
      schema: (input: Record<string, unknown>): unknown => ('port' in input ? input : refuse()),
      sources: source,
      logger: false,
    })
    source.set({})
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ port: 80 })
    expect(config.health()).toMatchObject({
      status: 'warn',
      lastRejection: { message: says, issues: [{ message: says }] },
    })
    source.set({ port: 81 })
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
  })

  it.each<[string, (input: unknown) => unknown]>([
    ['zod', (input) => z.object({ pool: z.object({ max: z.number() }), name: z.string() }).parse(input)],
    ['valibot', (input) => v.parse(v.object({ pool: v.object({ max: v.number() }), name: v.string() }), input)],
    [
      'a ConfigError',
      () => {
        throw new ConfigError([
          { code: 'HOT_CONFIG_SCHEMA', path: 'pool.max', message: 'must be a number' },
          { code: 'HOT_CONFIG_SCHEMA', path: 'name', message: 'must be text' },
        ])
      },
    ],
  ])('rejects each problem at its place that the error has of %s', async (_what, schema) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'pool:\n  max: many\nname: 5\n' })
    const error = await loadError(createHotConfig({ schema, sources: volume.path, logger: false }))
    const place = { code: 'HOT_CONFIG_SCHEMA', source: `volume:${volume.path}`, file: 'app.yaml' }
    expect(error.issues).toMatchObject([
      { ...place, line: 2, path: 'pool.max' },
      { ...place, line: 3, path: 'name' },
    ])
    expect(error.message).not.toContain('many')
  })

  it('receives an object of its own, which it may change', async () => {
    const own = { list: [1], deep: { a: 1 } }
    await using config = await createHotConfig({
      schema: (input) => {
        const tree = input as { list: number[]; deep: Record<string, number> }
        tree.list.push(2)
        tree.deep['b'] = 2
        return tree
      },
      sources: drivenSource(own),
      logger: false,
    })
    expect(config.current).toEqual({ list: [1, 2], deep: { a: 1, b: 2 } })
    expect(own).toEqual({ list: [1], deep: { a: 1 } })
  })
})

function fail(message: string): never {
  throw new Error(message)
}

function throwText(): never {
  // oxlint-disable-next-line typescript/only-throw-error, no-throw-literal -- what some programs do
  throw 'port is missing'
}
