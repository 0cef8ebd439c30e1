import { createHotConfig } from '@hot-config/core'
import type { Entry, Format, FormatName } from '@hot-config/core'
import JSON5 from 'json5'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'
import { readText } from '../support/read-text.ts'
import { rejecting } from '../support/schemas.ts'

const json5: Format = { name: 'JSON5', parse: (text) => JSON5.parse(text) }

const TEXT = "// the shop\n{\n  port: 3000, hosts: ['a', 'b',],\n  mask: 0x1f,\n}\n"

describe('a format of the program', () => {
  it('reads the files that a source says it for, whatever their names are', async () => {
    const value = { port: 3000, hosts: ['a', 'b'], mask: 31 }
    expect(await readText('app.json5', TEXT, { format: json5 })).toEqual({ value })
    expect(await readText('app.yaml', TEXT, { format: json5 })).toEqual({ value })
    expect(await readText('app', TEXT, { format: json5 })).toEqual({ value })
    expect(await readText('services/shop/app.json5', TEXT, { format: json5 })).toEqual({
      value: { services: { shop: value } },
    })
  })

  it('rejects a text by its line, without what its parser quotes', async () => {
    const { issue } = await readText('app.json5', "{\n  password: 'Tr0ub4dor' x\n}", { format: json5 })
    expect(issue).toEqual({
      code: 'HOT_CONFIG_SYNTAX',
      source: 'driven',
      file: 'app.json5',
      line: 2,
      column: 25,
      message: 'is not JSON5',
    })
  })

  it('says what it expected, and names a line in the way of other parsers', async () => {
    const fail = (error: unknown): Format => ({
      name: 'shop file',
      parse: () => {
        throw error
      },
    })
    const issueOf = async (error: unknown) => (await readText('a', '', { format: fail(error) })).issue
    expect(
      await issueOf(Object.assign(new Error('secret'), { line: 3, column: 4, expected: 'a price' })),
    ).toMatchObject({
      line: 3,
      column: 4,
      message: 'is not shop file: expected a price',
    })
    expect(await issueOf(Object.assign(new Error('secret'), { lineNumber: 5 }))).toMatchObject({
      line: 5,
      message: 'is not shop file',
    })
    for (const error of [new Error('secret'), 'secret', null, undefined, { line: 'x', expected: 1 }, { line: -1 }]) {
      const issue = await issueOf(error)
      expect(issue).toMatchObject({ file: 'a', message: 'is not shop file' })
      expect(issue).not.toHaveProperty('line')
    }
  })

  it.each([
    ['a list', []],
    ['a text', 'x'],
    ['a number', 1],
    ['a map', new Map([['a', 1]])],
  ])('that returns %s at the top is rejected', async (_what, parsed) => {
    const format: Format = { name: 'odd', parse: () => parsed }
    expect((await readText('a', '', { format })).issue).toMatchObject({
      message: expect.stringMatching(/expected keys and values/),
    })
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
  ])('that returns %s is an empty configuration', async (_what, parsed) => {
    expect(await readText('a', '', { format: { name: 'odd', parse: () => parsed } })).toEqual({ value: {} })
  })

  it('is held to the limits of every other format', async () => {
    const cycle: Record<string, unknown> = {}
    cycle['a'] = cycle
    cycle['b'] = [cycle, cycle]
    const parsed = [
      [cycle, /nests deeper/],
      [JSON.parse('{"a": {"__proto__": 1}}'), /not allowed/],
    ] as const
    for (const [value, says] of parsed) {
      const { issue } = await readText('a', '', { format: { name: 'odd', parse: () => value } })
      expect(issue?.message).toMatch(says)
    }
  })

  it.each([
    ['{\na: NaN}', 'a', /not a finite number/],
    ['{\na: -Infinity}', 'a', /not a finite number/],
    ['{\na: [{b: 1}, {b: 1497549923779084388}]}', 'a[1].b', /integer beyond 9007199254740991/],
    ['{\na: 0x20000000000001}', 'a', /integer beyond/],
    ['{\na: -9007199254740992}', 'a', /integer beyond/],
    ['{\na: 999999999999999999999}', 'a', /integer beyond/],
    ['{\na: 1234567890123456789012}', 'a', /integer beyond/],
    [`{\na: ${'1'.repeat(300)}}`, 'a', /integer beyond/],
  ])('rejects a number that its parser changed, with its path and line: %j', async (text, path, says) => {
    const format: Format = { ...json5, positions: () => [{ path: ['a'], line: 2 }] }
    const { issue } = await readText('a', text, { format })
    expect(issue).toMatchObject({ file: 'a', line: 2, path, message: expect.stringMatching(says) })
  })

  it.each(['1e22', '-1e300'])('rejects %s, whose value 23 or more digits could have as well', async (number) => {
    const { issue } = await readText('a', `{a: ${number}}`, { format: json5 })
    expect(issue).toMatchObject({ path: 'a', message: expect.stringContaining('integer beyond') })
  })

  it('keeps every other number', async () => {
    const text = '{a: 9007199254740991, b: 1e15, c: 0x1F, d: .5, e: -0, f: 1e-300, g: 0.30000000000000004}'
    expect(await readText('a', text, { format: json5 })).toEqual({
      value: { a: 9007199254740991, b: 1e15, c: 31, d: 0.5, e: -0, f: 1e-300, g: 0.30000000000000004 },
    })
  })

  it('may say where its values are', async () => {
    const format: Format = {
      ...json5,
      *positions(text) {
        for (const [index, line] of text.split('\n').entries()) {
          const [, name] = /^ *(\w+):/.exec(line) ?? []
          if (name !== undefined) yield { path: ['shop', name], line: index + 1, column: 3 }
        }
        yield { path: ['shop', 'list', 1], line: 9 }
      },
    }
    const entries: Entry[] = [{ key: 'a', bytes: Buffer.from('{shop:\n{\n  port: 1,\n list: [1, 2]}}'), format }]
    const schema = rejecting([['shop', 'port'], ['shop', 'list', 1], ['shop', 'gone'], ['other']])
    const { issues } = await loadError(
      createHotConfig({ logger: false, schema, sources: drivenSource(0, { reading: () => ({ entries }) }) }),
    )
    expect(issues.map(({ file, line, column }) => [file, line, column])).toEqual([
      ['a', 3, 3],
      ['a', 9, undefined],
      ['a', 3, 3],
      [undefined, undefined, undefined],
    ])
  })

  it('whose positions can not be found still says what is wrong', async () => {
    const format: Format = {
      ...json5,
      positions: () => {
        throw new Error('Dynamic require is not supported')
      },
    }
    const entries: Entry[] = [{ key: 'a', bytes: Buffer.from('{port: 1}'), format }]
    const schema = rejecting([['port']])
    const error = await loadError(
      createHotConfig({ logger: false, schema, sources: drivenSource(0, { reading: () => ({ entries }) }) }),
    )
    expect(error.issues).toEqual([
      { code: 'HOT_CONFIG_SCHEMA', source: 'driven', file: 'a', path: 'port', message: 'is wrong' },
    ])
  })

  it('reads large documents as well', async () => {
    const text = `{${Array.from({ length: 40_000 }, (_, index) => `k${index}: [${index}, true],`).join('\n')}}`
    const { value } = await readText('a.json5', text, { format: json5 })
    expect(Object.keys(value ?? {})).toHaveLength(40_000)
  })

  it('is asked again when the bytes are the same and the format is not', async () => {
    const entry = (format: Format | FormatName | undefined): Entry => ({
      key: 'a.env',
      bytes: Buffer.from('a=1'),
      format,
    })
    const upper: Format = { name: 'upper', parse: (text) => ({ text: text.toUpperCase() }) }
    const source = drivenSource<Format | FormatName | undefined>(undefined, {
      reading: (format) => ({ entries: [entry(format)] }),
    })
    await using config = await createHotConfig({ logger: false, sources: source })
    expect(config.current).toEqual({ a: '1' })
    for (const [format, value] of [
      [upper, { text: 'A=1' }],
      ['text', { a: { env: 'a=1' } }],
      ['properties', { a: '1' }],
    ] as const) {
      source.set(format)
      expect(await config.reload()).toBe('changed')
      expect(config.current).toEqual(value)
    }
  })
})

describe('the name of a format', () => {
  it.each<[FormatName, string, unknown]>([
    ['json', '{"a": 1}', { a: 1 }],
    ['yaml', 'a: 1', { a: 1 }],
    ['toml', 'a = 1', { a: 1 }],
    ['dotenv', 'export a=1 # b', { a: '1' }],
    ['properties', 'a: 1 # b', { a: '1 # b' }],
    ['ini', '[b]\na = 1 ; c', { b: { a: '1' } }],
    ['text', 'a = 1\n', { x: { conf: 'a = 1' } }],
  ])('%s reads a file as that', async (format, text, value) => {
    expect(await readText('x.conf', text, { format })).toEqual({ value })
  })

  it.each(['yml', '', 'JSON', {}, { name: 'x' }, { name: '', parse: () => ({}) }, 1])(
    'that there is none of is rejected, with those that there are: %j',
    async (format) => {
      const { issue } = await readText('x.conf', 'a = 1', { format: format as FormatName })
      expect(issue).toMatchObject({
        code: 'HOT_CONFIG_SYNTAX',
        file: 'x.conf',
        message: 'the source names no format: expected json, yaml, toml, dotenv, properties, ini, text',
      })
    },
  )
})

describe('the ending of a key', () => {
  it.each([
    ['.env', { a: '1' }],
    ['.env.production', { a: '1' }],
    ['.env.local', { a: '1' }],
    ['.ENV.Local', { a: '1' }],
    ['shop.env', { a: '1' }],
    ['folder/.env.production', { folder: { a: '1' } }],
    ['.env.properties', { a: '1 # b' }],
    ['x.properties', { a: '1 # b' }],
    ['env', { env: 'a=1 # b' }],
    ['.envrc', { envrc: 'a=1 # b' }],
    ['x.conf', { x: { conf: 'a=1 # b' } }],
    ['x.config', { x: { config: 'a=1 # b' } }],
    ['x.json5', { x: { json5: 'a=1 # b' } }],
  ])('says the format, or that it is one value: %s', async (key, value) => {
    expect(await readText(key, 'a=1 # b\n')).toEqual({ value })
  })
})

it('a format is typed', () => {
  expectTypeOf<FormatName>().toEqualTypeOf<'json' | 'yaml' | 'toml' | 'dotenv' | 'properties' | 'ini' | 'text'>()
  expectTypeOf({ name: 'x', parse: (text: string) => text }).toExtend<Format>()
  // @ts-expect-error without a name messages could not say what was expected
  const unnamed: Format = { parse: () => ({}) }
  // @ts-expect-error a parser gets nothing but the text
  const greedy: Format = { name: 'x', parse: (text: string, path: string) => ({ text, path }) }
  expect([unnamed, greedy]).toHaveLength(2)
})
