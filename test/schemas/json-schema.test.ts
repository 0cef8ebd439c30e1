import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { ConfigError, createHotConfig, dotenv, env, values, volume } from '@hot-config/core'
import type { HotConfig, Issue, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { Type as Type034 } from '@sinclair/typebox'
import { type } from 'arktype'
import { S as fluent } from 'fluent-json-schema'
import convict from 'convict'
import { Type } from 'typebox'
import * as v from 'valibot'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import * as zm from 'zod/mini'
import { z as z3 } from 'zod/v3'

import { drivenSource } from '../support/driven-source.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { unwatched } from '../support/unwatched.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

async function currentOf(schema: Schema, value: object): Promise<unknown> {
  await using config: HotConfig<unknown> = await createHotConfig({
    schema,
    sources: values({ ...value }),
    logger: false,
  })
  return config.current
}

async function failure(schema: Schema, value: object): Promise<ConfigError> {
  const error: unknown = await createHotConfig({ schema, sources: values({ ...value }), logger: false }).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return error as ConfigError
}

async function issuesOf(schema: Schema, value: object): Promise<(string | undefined)[][]> {
  const issues = (await failure(schema, value)).issues.map(({ path, message }: Issue) => [path, message])
  return issues.toSorted((left, right) => String(left).localeCompare(String(right)))
}

const plain = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 2 },
    port: { type: 'integer', minimum: 1, maximum: 65_535, default: 8080 },
    log: { type: 'object', default: {}, properties: { level: { enum: ['debug', 'info'], default: 'info' } } },
    hosts: { type: 'array', items: { type: 'object', required: ['host'], properties: { host: { type: 'string' } } } },
  },
} as const

const typeBox034 = Type034.Object({
  name: Type034.String({ minLength: 2 }),
  port: Type034.Integer({ minimum: 1, maximum: 65_535, default: 8080 }),
  log: Type034.Object(
    { level: Type034.Union([Type034.Literal('debug'), Type034.Literal('info')], { default: 'info' }) },
    { default: {} },
  ),
  hosts: Type034.Optional(Type034.Array(Type034.Object({ host: Type034.String() }))),
})

const typeBox = Type.Object({
  name: Type.String({ minLength: 2 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535, default: 8080 }),
  log: Type.Object(
    { level: Type.Union([Type.Literal('debug'), Type.Literal('info')], { default: 'info' }) },
    { default: {} },
  ),
  hosts: Type.Optional(Type.Array(Type.Object({ host: Type.String() }))),
})

const fluentSchema = fluent
  .object()
  .prop('name', fluent.string().minLength(2).required())
  .prop('port', fluent.integer().minimum(1).maximum(65_535).default(8080))
  .prop(
    'log',
    fluent
      .object()
      .default({})
      .prop('level', fluent.string().enum(['debug', 'info']).default('info')),
  )
  .prop('hosts', fluent.array().items(fluent.object().prop('host', fluent.string().required())))

const SCHEMAS: Readonly<Record<string, Schema>> = {
  'a plain object': plain,
  'draft-06': { $schema: 'http://json-schema.org/draft-06/schema#', ...plain },
  'draft-07': { $schema: 'http://json-schema.org/draft-07/schema#', ...plain },
  '2019-09': { $schema: 'https://json-schema.org/draft/2019-09/schema', ...plain },
  '2020-12': { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain },
  'TypeBox 0.34': typeBox034,
  'TypeBox 1': typeBox,
  'fluent-json-schema': fluentSchema,
}

describe.each(Object.entries(SCHEMAS))('a JSON Schema: %s', (_name, schema) => {
  it('fills its defaults in', async () => {
    expect(await currentOf(schema, { name: 'app' })).toEqual({ name: 'app', port: 8080, log: { level: 'info' } })
  })

  it('reads text as what it says, where another type is declared', async () => {
    const value = { name: '12', port: '8.08e3', hosts: '[{"host":"a"}]' }
    expect(await currentOf(schema, value)).toEqual({
      name: '12',
      port: 8080,
      log: { level: 'info' },
      hosts: [{ host: 'a' }],
    })
  })

  it('lists every problem with its path, and what was expected', async () => {
    const value = { name: 'a', port: '30s', log: { level: 'trace' }, hosts: [{ host: 'a' }, {}, { host: 5 }] }
    expect(await issuesOf(schema, value)).toEqual([
      ['hosts[1].host', 'is missing'],
      ['hosts[2].host', 'expected a text; this value is a number: quote it'],
      ['log.level', 'expected "debug" or "info"'],
      ['name', 'must NOT have fewer than 2 characters'],
      ['port', 'expected a whole number; write the number alone, without a unit'],
    ])
  })
})

describe('a JSON Schema', () => {
  it('names file and line of a problem, and never the value', async () => {
    await using mounted = { ...(await createConfigMapVolume()), [Symbol.asyncDispose]: () => mounted.remove() }
    await mounted.update({ 'app.yaml': 'name: app\nport: 99999\nhosts:\n  - host: ok\n  - {}\n' })
    const sources = unwatched(volume(mounted.path))
    const error: unknown = await createHotConfig({ schema: plain, sources, logger: false }).catch(
      (thrown: unknown) => thrown,
    )
    expect((error as ConfigError).issues).toMatchObject([
      { file: 'app.yaml', line: 2, column: 1, path: 'port', message: 'must be <= 65535' },
      { file: 'app.yaml', line: 5, path: 'hosts[1].host', message: 'is missing' },
    ])
    expect(wholeError(error)).not.toContain('99999')
  })

  it('keeps the last good configuration when an update is not valid', async () => {
    const source = drivenSource<object>({ name: 'app' })
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema: plain, sources: source, logger })
    source.set({ name: 'app', port: 0 })
    expect(await config.reload()).toBe('rejected')
    expect(config.current.port).toBe(8080)
    expect(config.health().lastRejection?.message).toBe('driven port: must be >= 1')
  })

  it('does not change what it is given', async () => {
    const value = { name: 'app' }
    await currentOf(plain, value)
    expect(value).toEqual({ name: 'app' })
  })

  it.each([
    ['integer', ['1.5', '12abc', '1_000', '0x10', '', '1234567890123456789', 'true']],
    ['number', ['12abc', '', 'NaN', 'Infinity', '1e400']],
    ['boolean', ['off', 'no', '0', '1', '', 'flase', ' true ']],
    ['array', ['[1,', '"a,b"']],
    ['object', ['[1]', 'x', '', '1', '{"a":1,"a":2}']],
    ['null', ['', 'null']],
  ])('rejects text that is no %s', async (type, texts) => {
    const schema = { type: 'object', properties: { x: { type } } }
    for (const text of texts) {
      const [issue, ...rest] = await issuesOf(schema, { x: text })
      expect([text, issue?.[0], issue?.[1], rest]).toEqual([text, 'x', expect.stringMatching(/^expected /), []])
    }
  })

  it('reads text where one of several types, or of several values, is meant', async () => {
    const schema = {
      type: 'object',
      properties: {
        limit: { type: ['integer', 'null'] },
        either: { anyOf: [{ type: 'boolean' }, { type: 'number' }] },
        mixed: { anyOf: [{ const: 'auto' }, { type: 'integer' }] },
        text: { type: ['string', 'integer'] },
        level: { enum: [1, 2, 'max'] },
        flag: { const: true },
        list: { type: 'array', items: { type: 'integer' } },
      },
    }
    const text = { limit: '5', either: 'true', mixed: '7', text: '7', level: '2', flag: 'TRUE', list: '1,2' }
    const value = { limit: 5, either: true, mixed: 7, text: '7', level: 2, flag: true, list: [1, 2] }
    expect(await currentOf(schema, text)).toEqual(value)
    expect(await currentOf(schema, { either: '1.5', mixed: 'auto', level: 'max' })).toEqual({
      either: 1.5,
      mixed: 'auto',
      level: 'max',
    })
    expect(await issuesOf(schema, { either: 'off', level: '3' })).toEqual([
      ['either', 'expected true or false or a number; this value is text in YAML 1.2: write false'],
      ['level', 'expected 1 or 2 or "max"'],
    ])
  })

  it('has a default of another type as the value that it declares, and rejects the same in a source', async () => {
    const schema = {
      type: 'object',
      properties: {
        port: { type: 'string', default: 3000 },
        on: { type: ['string', 'null'], default: false },
        count: { type: 'integer', default: '5' },
        below: { type: 'object', default: {}, properties: { ratio: { type: 'string', default: 1.5 } } },
      },
    }
    const defaults = { port: '3000', on: 'false', count: 5, below: { ratio: '1.5' } }
    expect(await currentOf(schema, {})).toEqual(defaults)
    expect(await currentOf(schema, { port: '1', below: {} })).toEqual({ ...defaults, port: '1' })
    expect(await issuesOf(schema, { port: 3000, on: false, below: { ratio: 1.5 } })).toEqual([
      ['below.ratio', 'expected a text; this value is a number: quote it'],
      ['on', 'expected a text or null; this value is a boolean: quote it'],
      ['port', 'expected a text; this value is a number: quote it'],
    ])
  })

  it('says what to write for a type that may be null, and never takes its own words for the value', async () => {
    const schema = {
      type: 'object',
      properties: { limit: { type: ['integer', 'null'] }, either: { anyOf: [{ type: 'null' }, { type: 'boolean' }] } },
    }
    const messages = async (limit: string, either: string): Promise<unknown> =>
      (await issuesOf(schema, { limit, either })).map(([, message]) => message)
    expect(await messages('30s', 'no')).toEqual([
      'expected null or true or false; this value is text in YAML 1.2: write false',
      'expected a whole number or null; write the number alone, without a unit',
    ])
    expect(await messages('null', 'null')).toEqual([
      'expected null or true or false; this value is text',
      'expected a whole number or null; this value is text',
    ])
    expect(await messages('number', 'false or')).toEqual([
      'expected null or true or false',
      'expected a whole number or null',
    ])
  })

  it('reads text below references and conditions', async () => {
    const schema = {
      $ref: '#/definitions/app',
      definitions: {
        app: {
          type: 'object',
          properties: { port: { $ref: '#/definitions/port' }, mode: { type: 'string' } },
          if: { properties: { mode: { const: 'pool' } } },
          // oxlint-disable-next-line unicorn/no-thenable -- the keyword
          then: { properties: { size: { type: 'integer' } } },
        },
        port: { type: 'integer' },
      },
    }
    expect(await currentOf(schema, { port: '80', mode: 'pool', size: '3' })).toEqual({
      port: 80,
      mode: 'pool',
      size: 3,
    })
  })

  it('comes to an end with a list of lists that contains itself', async () => {
    const lists = { type: 'array', items: { $ref: '#/$defs/lists' } }
    const schema = { type: 'object', properties: { x: { $ref: '#/$defs/lists' } }, $defs: { lists } }
    expect((await issuesOf(schema, { x: 'a' }))[0]?.[1]).toMatch(/^expected a list/)
    expect(await currentOf(schema, { x: '[[],[[]]]' })).toEqual({ x: [[], [[]]] })
  })

  it('accepts keywords that ajv does not know', async () => {
    const schema = {
      type: 'object',
      'x-owner': 'team',
      properties: { a: { type: 'string', example: 'x', unit: 'ms' }, b: { type: 'integer', nullable: true } },
      additionalItems: false,
    }
    expect(await currentOf(schema, { a: 'b', b: null })).toEqual({ a: 'b', b: null })
  })

  it('has the keywords of the newest drafts without being told', async () => {
    const schema = {
      type: 'object',
      properties: { pair: { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }], items: false } },
      dependentRequired: { pair: ['name'] },
      unevaluatedProperties: false,
    }
    expect(await issuesOf(schema, { pair: [1, 'x', 2], other: 1 })).toEqual([
      ['name', 'is missing: pair needs it'],
      ['other', 'is unknown to the schema'],
      ['pair', 'must NOT have more than 2 items'],
    ])
  })

  it('names what it does not allow', async () => {
    const schema = { ...plain, additionalProperties: false }
    expect(await issuesOf(schema, { name: 'app', prot: 80 })).toEqual([
      ['prot', 'is unknown to the schema; did you mean "port"?'],
    ])
  })

  it('checks formats', async () => {
    const schema = { type: 'object', properties: { url: { type: 'string', format: 'uri' } } }
    expect(await issuesOf(schema, { url: 'no url' })).toEqual([['url', 'must match format "uri"']])
  })

  it('says which formats it can not check, once', async () => {
    const format = (name: string): object => ({ type: 'string', format: name })
    const schema = { type: 'object', properties: { a: format('email'), b: format('cron'), c: format('password') } }
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: values({}), logger })
    await config.reload()
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      'formats in the schema that are not checked: cron (ajv-formats does not know them)',
    ])
  })

  it.each<[string, object, readonly string[]]>([
    [
      'functions of TypeBox',
      Type.Object({
        a: Type.Refine(Type.String(), () => false),
        b: Type.Array(Type.Codec(Type.String()).Decode(Number).Encode(String)),
      }),
      ['Refine, Codec and Transform of TypeBox have no effect, because ajv can not run them: a, b'],
    ],
    [
      'functions of TypeBox 0.34',
      Type034.Object({ a: Type034.Transform(Type034.String()).Decode(Number).Encode(String) }),
      ['Refine, Codec and Transform of TypeBox have no effect, because ajv can not run them: a'],
    ],
    ['a function of the whole', Type.Refine(Type.Object({}), () => false), [expect.stringMatching(/run them$/)]],
    [
      'defaults of choices',
      {
        type: 'object',
        properties: {
          db: {
            oneOf: [{ type: 'object', properties: { port: { type: 'integer', default: 5432 } } }, { type: 'null' }],
          },
          name: { type: 'string', default: 'x' },
        },
        if: { not: { required: ['a'] } },
        else: { properties: { b: { default: 1 } } },
      },
      ['defaults in anyOf, oneOf, not and if are not filled in: db.port'],
    ],
    [
      'nothing',
      Type.Object({
        mode: Type.Union([Type.Literal('a'), Type.Literal('b')], { default: 'a' }),
        default: Type.String({ default: 'x' }),
      }),
      [],
    ],
  ])('says which of its parts have no effect: %s', async (_what, schema, notes) => {
    const logger = recordingLogger()
    const given = { a: 'x', b: [], db: null, name: 'x', default: 'x' }
    await using _config = await createHotConfig({ schema, sources: values(given), unknown: 'ignore', logger })
    expect(logger.at('warn').map(({ message }) => message)).toEqual(notes)
  })

  it.each<[string, object, RegExp]>([
    [
      'is not valid',
      { type: 'object', properties: { a: { type: 'text' } } },
      /^schema: the JSON Schema is not valid: /,
    ],
    ['refers to nothing', { type: 'object', properties: { a: { $ref: '#/nothing' } } }, /^schema: .*#\/nothing/],
    [
      'is of draft-04',
      { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' },
      /draft-04.* is not supported/,
    ],
    [
      'is of no draft',
      { $schema: 'https://example.org/schema', type: 'object' },
      /^schema: \$schema https:\/\/example\.org\/schema is not supported/,
    ],
    ['is asynchronous', { $async: true, type: 'object' }, /^schema: .*\$async/],
  ])('that %s is a mistake in the program', async (_what, schema, message) => {
    await expect(createHotConfig({ schema: schema as Schema, sources: values({}) })).rejects.toMatchObject({
      code: 'HOT_CONFIG_OPTION',
      message: expect.stringMatching(message),
    })
  })

  it('keeps what it marks as sensitive out of everything', async () => {
    const secret = (mark: object): object => ({ type: 'string', minLength: 3, ...mark })
    const schema = {
      type: 'object',
      properties: {
        a: secret({ writeOnly: true }),
        b: { type: 'object', properties: { c: secret({ format: 'password' }) } },
        list: { type: 'array', items: { type: 'object', properties: { key: secret({ 'x-sensitive': true }) } } },
        map: { type: 'object', additionalProperties: { $ref: '#/$defs/secret' } },
        tree: { $ref: '#/$defs/tree' },
        open: { type: 'string' },
      },
      $defs: {
        secret: secret({ sensitive: true }),
        tree: { type: 'object', properties: { token: { $ref: '#/$defs/secret' }, below: { $ref: '#/$defs/tree' } } },
      },
    }
    const of = (name: string): object => ({
      a: `hunter-${name}`,
      b: { c: `hunter-${name}` },
      list: [{ key: `hunter-${name}` }],
      open: name,
      map: { any: `hunter-${name}` },
      tree: { token: `hunter-${name}`, below: { below: { token: `hunter-${name}` } } },
    })
    const source = drivenSource(of('one'))
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: source, logger })
    source.set(of('two'))
    expect(await config.reload()).toBe('changed')
    source.set({ ...of('three'), a: 5, b: { c: 'hu' }, list: [{ key: 'hu' }] })
    expect(await config.reload()).toBe('rejected')
    expect(outwardText(config, logger)).toContain('two')
    expect(outwardText(config, logger)).not.toMatch(/hunter/)
  })

  it('finds what is marked in definitions that refer to each other', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`)
    const references = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]))
    const $defs = Object.fromEntries(
      names.map((name) => [
        name,
        { type: 'object', properties: { ...references, token: { type: 'string', writeOnly: true } } },
      ]),
    )
    const schema = { $ref: '#/$defs/d0', $defs }
    const source = drivenSource({ d3: { d4: { token: 'hunter-one' } } })
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: source, logger })
    source.set({ d3: { d4: { token: 'hunter-two' } } })
    expect(await config.reload()).toBe('changed')
    expect(outwardText(config, logger)).not.toMatch(/hunter/)
  })

  it('has a dotenv file under the names that it knows, like the environment', async () => {
    const schema = { type: 'object', properties: { PORT: { type: 'integer' }, db: { properties: { host: {} } } } }
    for (const prefix of [undefined, 'APP_']) {
      const file = join(await mkdtemp(join(tmpdir(), 'json-schema-')), '.env')
      await writeFile(file, `${prefix ?? ''}PORT=3000\n${prefix ?? ''}DB__HOST=db\n`)
      await using config = await createHotConfig({ schema, sources: dotenv(file, { prefix }), logger: false })
      expect(config.current).toEqual({ PORT: 3000, db: { host: 'db' } })
      await rm(dirname(file), { recursive: true })
    }
  })

  it('has the environment under the names that it knows, and nothing else of it', async () => {
    vi.stubEnv('JSON_SCHEMA_PORT', '3000')
    vi.stubEnv('JSON_SCHEMA_OTHER', 'x')
    vi.stubEnv('DB__HOST', 'db')
    const schema = {
      type: 'object',
      required: ['JSON_SCHEMA_PORT'],
      properties: {
        JSON_SCHEMA_PORT: { type: 'integer' },
        db: { type: 'object', properties: { host: { type: 'string' } } },
      },
      additionalProperties: false,
    }
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: [values({}), env()], logger })
    expect(config.current).toEqual({ JSON_SCHEMA_PORT: 3000, db: { host: 'db' } })
    expect(config.health().sources[1]?.warnings).toEqual([])
    vi.stubEnv('JSON_SCHEMA_PORT', '30s')
    await config.reload()
    expect(config.health().lastRejection?.message).toBe(
      'env JSON_SCHEMA_PORT JSON_SCHEMA_PORT: expected a whole number; write the number alone, without a unit',
    )
  })
})

describe('what may be a convict schema or a JSON Schema', () => {
  const entry = { format: 'nat', default: 1 }

  beforeAll(() => {
    convict.addFormats({ email: { validate: () => undefined } })
  })

  it.each<[string, object]>([
    ['entries named type and properties', { type: { format: ['a', 'b'], default: 'a' }, properties: entry }],
    ['a type that is no JSON type', { type: 'postgres', host: 'x' }],
    ['a section named properties', { properties: { a: entry, b: { c: entry } } }],
    ['a section named properties with bare defaults', { properties: { a: { default: 1 } } }],
    ['required and items', { required: ['a'], items: entry, enum: ['a'] }],
    ['lists of texts as allOf and anyOf', { allOf: ['a'], anyOf: [], oneOf: ['b'] }],
    [
      'entries named like keywords',
      { title: entry, required: entry, default: entry, format: entry, minimum: entry, pattern: entry, $id: entry },
    ],
    ['short entries named like keywords', { title: 'x', description: 'y', format: 'z', minimum: 1, pattern: 'w' }],
    ['required beside others in their short form', { required: ['a'], host: 'x' }],
    [
      'sections named like keywords',
      { not: { a: entry }, if: { b: 1 }, definitions: { c: { d: 'x' } }, items: { e: 2 } },
    ],
    ['a title beside a section named properties', { title: 'x', properties: { a: entry } }],
    ['a title beside properties in their short form', { title: 'x', properties: { a: 1, b: 'y' } }],
    [
      'properties with doc, env or arg',
      { title: 'x', properties: { a: { default: 1, doc: 'A' }, b: { default: 1, env: 'B' } } },
    ],
    ['properties with formats of both', { properties: { mail: { format: 'email', default: 'a@b.org' } } }],
    ['properties with words for their own format', { properties: { a: { format: 'nat', minimum: 1, default: 1 } } }],
    ['properties named like keywords', { properties: { minimum: entry, title: 'x', required: entry, type: entry } }],
  ])('is convict: %s', async (_what, schema) => {
    await using config = await createHotConfig({ schema: schema as Schema, sources: values({}), logger: false })
    // convict starts with its defaults, and ajv with nothing
    expect(config.current).not.toEqual({})
  })

  it.each<[string, object]>([
    ['$schema alone', { $schema: 'http://json-schema.org/draft-07/schema#' }],
    ['type', { type: 'object' }],
    ['types', { type: ['object', 'null'], description: 'x' }],
    ['properties without type', { properties: { a: { type: 'string' } } }],
    [
      'properties with a default',
      { properties: { a: { type: 'string', default: undefined } }, 'x-extra': { default: 1 } },
    ],
    ['a reference', { $ref: '#/$defs/a', $defs: { a: { type: 'object' } } }],
    ['anyOf', { anyOf: [{ type: 'object' }] }],
    ['an $id', { $id: 'app', properties: { port: { description: 'Port' } } }],
    ['definitions', { definitions: { a: { type: 'string' } }, properties: { a: { description: 'A' } } }],
    ['marks of other tools', { type: 'object', properties: { a: { description: 'A', 'x-tool': { env: 'A' } } } }],
    ['properties with a default and a rule', { properties: { a: { minimum: 1, default: undefined } } }],
    ['a boolean beside properties', { properties: { a: true }, additionalProperties: false }],
    ['TypeBox', Type.Union([Type.Object({})])],
    ['TypeBox 0.34', Type034.Any()],
  ])('is a JSON Schema: %s', async (_what, schema) => {
    await using config = await createHotConfig({ schema: schema as Schema, sources: values({}), logger: false })
    expect(config.current).toEqual({})
  })

  it.each<[string, object, object, string]>([
    ['a number', { properties: { port: { minimum: 1 } } }, { port: 0 }, 'port'],
    ['a pattern', { properties: { a: { pattern: 'x' } } }, { a: 'y' }, 'a'],
    ['a length', { properties: { a: { maxLength: 1, description: 'A' } } }, { a: 'yy' }, 'a'],
    ['items', { properties: { a: { items: { type: 'integer' } } } }, { a: ['x'] }, 'a[0]'],
    ['required below', { properties: { a: { required: ['b'] } } }, { a: {} }, 'a.b'],
    ['an $id', { $id: 'app', properties: { port: { minimum: 1 } }, required: ['port'] }, {}, 'port'],
    [
      'required properties',
      { properties: { port: { description: 'Port', default: 1 } }, required: ['a', 'port'] },
      {},
      'a',
    ],
    ['$defs', { $defs: { a: { type: 'string' } }, properties: { a: { pattern: 'x' } } }, { a: 'y' }, 'a'],
    ['additionalProperties', { additionalProperties: { type: 'integer' } }, { port: 'x' }, 'port'],
    ['propertyNames', { propertyNames: { pattern: '^a' } }, { b: 1 }, 'b'],
    ['not', { not: { required: ['b'] } }, { b: 1 }, ''],
    // oxlint-disable-next-line unicorn/no-thenable -- the keyword
    ['if', { if: { properties: { a: { const: 1 } } }, then: { required: ['b'] } }, { a: 1 }, 'b'],
  ])('validates as a JSON Schema without a type: %s', async (_what, schema, value, path) => {
    expect((await failure(schema as Schema, value)).issues.map((issue) => issue.path ?? '')).toEqual([path])
  })

  it.each<[string, object]>([
    ['type and an entry', { type: 'object', port: entry }],
    ['type and a short entry', { type: 'object', port: 8080 }],
    ['type and a section', { type: 'string', server: { port: entry } }],
    ['properties of both', { properties: { a: { type: 'string' }, b: { format: Number, default: 1 } } }],
    ['schemas beside an entry', { properties: { a: { type: 'string' } }, port: entry }],
    ['a reference and an entry', { $ref: 'a', port: entry }],
    ['an $id and an entry', { $id: 'a', port: entry }],
    ['rules and an entry', { properties: { a: { minimum: 1 }, b: { c: entry } } }],
    ['required and properties that only convict has', { required: ['a'], properties: { a: entry } }],
    ['a title and described properties', { title: 'x', properties: { port: { description: 'Port', default: 1 } } }],
    ['a title and bare defaults', { title: 'x', properties: { port: { default: 1 } } }],
    ['described properties', { properties: { port: { description: 'Port', default: 1 } } }],
    ['properties with a rule and an unknown word', { properties: { pool: { minimum: 1, burst: 5 } } }],
    ['properties with a format only', { properties: { log: { format: 'email' } } }],
    ['required alone', { required: ['port'] }],
  ])('is rejected: %s', async (_what, schema) => {
    await expect(createHotConfig({ schema: schema as Schema, sources: values({}) })).rejects.toMatchObject({
      code: 'HOT_CONFIG_OPTION',
      message: expect.stringMatching(/^schema: .* a JSON Schema and .* a convict schema\. .*add \$schema.*default/),
    })
  })
})

describe('schemas in place of one schema of the whole configuration', () => {
  it.each<[library: string, schema: object, path: string]>([
    ['zod', { port: z.number() }, 'port'],
    ['zod/mini, in a section', { log: { level: 'info' }, server: { port: zm.number() } }, 'server.port'],
    ['zod 3', { port: z3.number() }, 'port'],
    ['valibot', { port: v.optional(v.number(), 1) }, 'port'],
    ['arktype', { port: type('number') }, 'port'],
    ['TypeBox', { port: Type.Integer() }, 'port'],
    ['TypeBox 0.34', { port: Type034.Integer() }, 'port'],
    ['fluent-json-schema', { port: fluent.integer() }, 'port'],
    ['a module', { default: z.object({}) }, 'default'],
    ['a module in a module', { default: { default: z.object({}) } }, 'default.default'],
  ])('are rejected, with what to write: %s', async (_library, schema, path) => {
    await expect(createHotConfig({ schema: schema as Schema, sources: values({}) })).rejects.toMatchObject({
      code: 'HOT_CONFIG_OPTION',
      message:
        `schema: ${path} is a schema itself, not an entry of convict: ` +
        'give one schema of the whole configuration, such as z.object({ ... })',
    })
  })

  it.each<[string, object]>([
    ['types', { port: { type: 'integer' }, log: { type: 'object', properties: { level: { type: 'string' } } } }],
    ['a rule and a default', { port: { type: 'integer', minimum: 1, default: 80 } }],
  ])('are rejected without a mark: %s', async (_what, schema) => {
    await expect(createHotConfig({ schema: schema as Schema, sources: values({}) })).rejects.toMatchObject({
      code: 'HOT_CONFIG_OPTION',
      message:
        'schema: port may be a JSON Schema and a section of a convict schema. ' +
        "For a JSON Schema, write { type: 'object', properties: { ... } } around them. " +
        'For a convict schema, write entries as { default: ... }, with a format',
    })
  })

  it.each<[string, object]>([
    ['a type beside a format', { port: { type: 'integer', format: 'port', default: 80 } }],
    ['an entry named type', { log: { type: { format: String, default: 'string' } } }],
    ['a type beside other entries', { column: { type: 'string', name: 'id' } }],
  ])('are told apart from entries of convict: %s', async (_what, schema) => {
    await using config = await createHotConfig({ schema: schema as Schema, sources: values({}), logger: false })
    expect(config.current).not.toEqual({})
  })
})

describe('the error about a value', () => {
  const only = (x: object): Schema => ({ type: 'object', properties: { x } })

  it('names the literals of a union, and not their types', async () => {
    const choices = [Type034.Literal(5), Type034.Literal(1000), Type034.Literal('on')]
    const schema = Type034.Object({ x: Type034.Union(choices) })
    expect(await issuesOf(schema, { x: 'off' })).toEqual([['x', 'expected 5 or 1000 or "on"']])
    expect(await currentOf(schema, { x: '1e3' })).toEqual({ x: 1000 })
    expect(
      await issuesOf(only({ anyOf: [{ type: 'integer', enum: [1, 2] }, { type: 'boolean' }] }), { x: '3' }),
    ).toEqual([['x', 'expected true or false or 1 or 2']])
  })

  it('says that it matches what it must not', async () => {
    expect(await issuesOf(only({ type: 'integer', not: { const: 5 } }), { x: 5 })).toEqual([
      ['x', 'must not match the schema in "not"'],
    ])
  })

  it.each([
    ['5\u00a0', ', found U+00A0 (no-break space)'],
    ['\u200b5', ', found U+200B (zero width space)'],
    ['\u201c5\u201d', ', found U+201C (curly quote)'],
    ['\u0663', '; write it with the digits 0 to 9 and a plain minus'],
    ['\uff15', '; write it with the digits 0 to 9 and a plain minus'],
    ['\u22125', '; write it with the digits 0 to 9 and a plain minus'],
  ])('names what nobody sees in %j', async (text, advice) => {
    expect(await issuesOf(only({ type: 'integer' }), { x: text })).toEqual([['x', `expected a whole number${advice}`]])
  })

  it('names a character in a word that nobody sees', async () => {
    expect(await issuesOf(only({ type: 'boolean' }), { x: 'true\u200b' })).toEqual([
      ['x', 'expected true or false, found U+200B (zero width space)'],
    ])
  })
})
