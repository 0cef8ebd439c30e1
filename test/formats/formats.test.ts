import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, env, values } from '@hot-config/core'
import type { HotConfigOptions } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'

const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

/** What a volume with these keys comes to. */
async function load(
  files: Record<string, string | Uint8Array>,
  options: HotConfigOptions = {},
): Promise<Record<string, unknown>> {
  const volume = await createConfigMapVolume()
  cleanUp.push(() => volume.remove())
  await volume.update(files)
  const config = await createHotConfig({ logger: false, sources: volume.path, ...options })
  cleanUp.push(() => config.close())
  return config.current
}

const WANTED = { name: 'shop', log: { level: 'debug' }, tags: ['a', 'b'] }

describe('each format', () => {
  it.each([
    ['app.json', '{"name":"shop","log":{"level":"debug"},"tags":["a","b"]}'],
    ['app.yaml', 'name: shop\nlog:\n  level: debug\ntags: [a, b]\n'],
    ['app.yml', 'name: "shop"\nlog: {level: debug}\ntags:\n  - a\n  - b\n'],
    ['app.toml', 'name = "shop"\ntags = ["a", "b"]\n[log]\nlevel = "debug"\n'],
    ['app.ini', 'name = shop\ntags[] = a\ntags[] = b\n[log]\nlevel = debug\n'],
    ['APP.JSON', '{"name":"shop","log":{"level":"debug"},"tags":["a","b"]}'],
  ])('%s gives the tree it spells', async (key, text) => {
    expect(await load({ [key]: text })).toEqual(WANTED)
  })

  it.each([
    ['app.env', 'name=shop\nlog.level=debug\n'],
    ['.env', 'name=shop\nlog.level=debug\n'],
    ['app.properties', 'name = shop\nlog.level: debug\n'],
    ['app.conf', 'name shop\nlog.level=debug\n'],
  ])('%s gives the paths that its dotted keys spell', async (key, text) => {
    expect(await load({ [key]: text })).toEqual({ name: 'shop', log: { level: 'debug' } })
  })

  it.each(['json', 'yaml', 'yml', 'toml', 'env', 'properties', 'ini', 'conf'])(
    'an empty %s is an empty configuration',
    async (ending) => {
      if (ending !== 'json') expect(await load({ [`app.${ending}`]: '' })).toEqual({})
      if (ending !== 'json') expect(await load({ [`app.${ending}`]: '\n\n' })).toEqual({})
      expect(await load({ [`app.${ending}`]: ending === 'json' ? '{}' : '# nothing yet\n' })).toEqual({})
    },
  )

  it.each([
    ['json', '{\r\n"a": "x",\r\n"b": "y"\r\n}\r\n'],
    ['yaml', 'a: x\r\nb: y\r\n'],
    ['toml', 'a = "x"\r\nb = "y"\r\n'],
    ['env', 'a=x\r\nb=y\r\n'],
    ['properties', 'a=x\r\nb=y\r\n'],
    ['ini', 'a=x\r\nb=y\r\n'],
    ['conf', 'a x\r\nb y\r\n'],
  ])('%s takes a byte order mark and Windows line ends', async (ending, text) => {
    expect(await load({ [`app.${ending}`]: `\uFEFF${text}` })).toEqual({ a: 'x', b: 'y' })
  })
})

describe('JSON', () => {
  it('keeps numbers, booleans, null and empty texts', async () => {
    const text = '{"n":-1.5e3,"t":true,"f":false,"z":null,"e":"","o":{},"l":[]}'
    expect(await load({ 'a.json': text })).toEqual(JSON.parse(text))
  })

  it('takes an empty object and null as nothing', async () => {
    expect(await load({ 'a.json': '{}', 'b.json': 'null' })).toEqual({})
  })
})

describe('YAML', () => {
  it('follows the rules of YAML 1.2, in which no and on are texts and 010 is ten', async () => {
    const text =
      'country: no\nswitch: on\nyes: y\nten: 010\neight: 0o10\nhex: 0xff\nwhen: 2026-11-23\ntime: 12:30:45\nt: true\n'
    expect(await load({ 'a.yaml': text })).toEqual({
      country: 'no',
      switch: 'on',
      yes: 'y',
      ten: 10,
      eight: 8,
      hex: 255,
      when: '2026-11-23',
      time: '12:30:45',
      t: true,
    })
  })

  it('resolves anchors, aliases and merge keys, whose values the mapping itself overrides', async () => {
    const text = [
      'base: &base {retries: 3, timeout: 10}',
      'orders:',
      '  <<: *base',
      '  timeout: 20',
      'both:',
      '  <<: [{a: 1, b: 1}, {b: 2, c: 2}]',
      'same: *base',
    ].join('\n')
    expect(await load({ 'a.yaml': text })).toEqual({
      base: { retries: 3, timeout: 10 },
      orders: { retries: 3, timeout: 20 },
      both: { a: 1, b: 1, c: 2 },
      same: { retries: 3, timeout: 10 },
    })
  })

  it('takes block texts, folded texts and names that are no texts', async () => {
    const text = 'block: |\n  one\n  two\nfolded: >-\n  one\n  two\n8080: port\ntrue: yes\n'
    expect(await load({ 'a.yaml': text })).toEqual({
      block: 'one\ntwo\n',
      folded: 'one two',
      '8080': 'port',
      true: 'yes',
    })
  })
})

describe('TOML', () => {
  it('takes tables, arrays of tables, dotted keys and every kind of text; dates are texts', async () => {
    const text = [
      'a.b.c = 1',
      'when = 2026-11-23T04:05:06Z',
      'text = """',
      'two',
      'lines"""',
      "raw = 'C:\\path'",
      '[[servers]]',
      'host = "one"',
      '[servers.tls]',
      'on = true',
      '[[servers]]',
      'host = "two"',
    ].join('\n')
    expect(await load({ 'a.toml': text })).toEqual({
      a: { b: { c: 1 } },
      when: '2026-11-23T04:05:06.000Z',
      text: 'two\nlines',
      raw: 'C:\\path',
      servers: [{ host: 'one', tls: { on: true } }, { host: 'two' }],
    })
  })
})

describe('dotenv', () => {
  it('takes quotes, export, comments, texts of several lines and the last of two', async () => {
    const text = [
      '# a comment',
      'export a=1 # one',
      "b='single # not a comment'",
      'c="two',
      'lines" # done',
      'd="with\\nescape"',
      "e='without\\nescape'",
      'f=`it\'s "quoted"`',
      'g=',
      'h: yaml-like',
      'i = spaced  ',
      'j="never closed',
      'k=\'said "so"\'',
      'a=2',
    ].join('\n')
    expect(await load({ 'a.env': text })).toEqual({
      a: '2',
      b: 'single # not a comment',
      c: 'two\nlines',
      d: 'with\nescape',
      e: 'without\\nescape',
      f: 'it\'s "quoted"',
      g: '',
      h: 'yaml-like',
      i: 'spaced',
      j: '"never closed',
      k: 'said "so"',
    })
  })
})

describe('properties', () => {
  it('takes every separator, continued lines, escapes, comments and the last of two', async () => {
    const text = [
      '# a comment',
      '! another',
      'a=1',
      'b: 2',
      'c 3',
      'd = long \\',
      '    line',
      'e = tab\\there',
      'f = \\u00e9',
      'g.h = deep',
      'i',
      'a=last',
    ].join('\n')
    expect(await load({ 'a.properties': text })).toEqual({
      a: 'last',
      b: '2',
      c: '3',
      d: 'long line',
      e: 'tab\there',
      f: 'é',
      g: { h: 'deep' },
      i: '',
    })
  })
})

describe('INI', () => {
  it('takes sections, nested sections, dotted keys, lists, quotes and comments; every value is text', async () => {
    const text = [
      '; a comment',
      '# another',
      'top = 1',
      'a.b = 2',
      '[a]',
      'c = true',
      'd.e = null ; why not',
      '  [x.y]  ; indented',
      '  quoted = " kept "',
      '  json = \'{"n": 1}\'',
      '  list[] = one',
      '  list[] = two',
      '  equals = a=b=c',
      '[empty]',
      '[dot\\.ted]',
      'k = v',
    ].join('\n')
    expect(await load({ 'a.ini': text })).toEqual({
      top: '1',
      a: { b: '2', c: 'true', d: { e: 'null' } },
      x: { y: { quoted: ' kept ', json: '{"n": 1}', list: ['one', 'two'], equals: 'a=b=c' } },
      empty: {},
      'dot.ted': { k: 'v' },
    })
  })
})

describe('keys', () => {
  it('prefixes what a key holds with the folders in its path', async () => {
    expect(await load({ 'services/orders/app.yaml': 'retries: 3', 'services/timeout': '10\n' })).toEqual({
      services: { orders: { retries: 3 }, timeout: '10' },
    })
  })

  it('makes one value of any other key, at the dotted path that it spells', async () => {
    expect(await load({ 'log.level': 'debug', 'ca.crt': 'PEM', PLAIN: 'x', 'no-ending': 'y' })).toEqual({
      log: { level: 'debug' },
      ca: { crt: 'PEM' },
      PLAIN: 'x',
      'no-ending': 'y',
    })
  })

  it('takes one trailing newline from a value, and no more', async () => {
    const files = { a: 'x\n', b: 'x\r\n', c: 'x\n\n', d: '\n', e: '', f: ' x ' }
    expect(await load(files)).toEqual({ a: 'x', b: 'x', c: 'x\n', d: '', e: '', f: ' x ' })
  })

  it('puts a value where a convict entry has its name as env, in every flat format', async () => {
    const schema = { db: { host: { default: '', env: 'FORMATS_TEST_DB_HOST' } }, port: { format: 'port', default: 1 } }
    for (const files of [
      { FORMATS_TEST_DB_HOST: 'pg\n' },
      { 'a.env': 'FORMATS_TEST_DB_HOST=pg' },
      { 'a.properties': 'FORMATS_TEST_DB_HOST=pg' },
      { 'a.ini': 'FORMATS_TEST_DB_HOST=pg' },
      { 'a.conf': 'FORMATS_TEST_DB_HOST pg' },
      { 'db.host': 'pg' },
    ]) {
      expect(await load({ ...files, port: '8080' }, { schema })).toEqual({ db: { host: 'pg' }, port: 8080 })
    }
  })

  it('puts a value at every convict entry that has its name as env, as convict does with the environment', async () => {
    const entry = { format: 'port', default: 1, env: 'FORMATS_TEST_PORT' }
    const schema = { http: { port: entry }, probe: { port: entry }, other: 1 }
    for (const files of [
      { FORMATS_TEST_PORT: '8080\n' },
      { 'a.env': 'FORMATS_TEST_PORT=8080' },
      { 'a.properties': 'FORMATS_TEST_PORT=8080' },
      { 'a.ini': 'FORMATS_TEST_PORT=8080' },
    ]) {
      expect(await load({ ...files }, { schema })).toEqual({ http: { port: 8080 }, probe: { port: 8080 }, other: 1 })
    }
    vi.stubEnv('FORMATS_TEST_PORT', '9090')
    expect(await load({}, { schema })).toEqual({ http: { port: 9090 }, probe: { port: 9090 }, other: 1 })
  })
})

describe('merging', () => {
  it('goes by the names of the keys, later over earlier', async () => {
    expect(await load({ '20.yaml': 'a: 2', '10.json': '{"a":1,"b":1}', '30.toml': 'c = 3' })).toEqual({
      a: 2,
      b: 1,
      c: 3,
    })
  })

  it('merges objects deeply and replaces arrays and everything else', async () => {
    const files = {
      '1.yaml': 'a: {b: {c: 1, d: 1}}\nlist: [1, 2, 3]\nobject: {x: 1}\ntext: x\nnone: {x: 1}',
      '2.yaml': 'a: {b: {d: 2, e: 2}}\nlist: [4]\nobject: text\ntext: {y: 1}\nnone: null',
    }
    expect(await load(files)).toEqual({
      a: { b: { c: 1, d: 2, e: 2 } },
      list: [4],
      object: 'text',
      text: { y: 1 },
      none: null,
    })
  })

  it('lets later sources override earlier ones, whatever the names of their keys', async () => {
    vi.stubEnv('MERGE_TEST_LOG__LEVEL', 'error')
    vi.stubEnv('MERGE_TEST_DB__MAX_CONNECTIONS', '5')
    const folder = await mkdtemp(join(tmpdir(), 'formats-'))
    cleanUp.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'a.yaml'), 'log: {level: info, color: true}\nname: shop\n')
    const sources = [
      values({ name: 'default', port: 80, none: undefined }),
      join(folder, 'a.yaml'),
      env({ prefix: 'MERGE_TEST_' }),
      values({ port: undefined }),
    ]
    expect(await load({}, { sources })).toEqual({
      name: 'shop',
      port: 80,
      log: { level: 'error', color: true },
      db: { maxConnections: '5' },
    })
  })

  it('treats names that every object inherits as names like any other', async () => {
    const files = { '1.yaml': 'toString: {a: 1}\nvalueOf: x', '2.properties': 'toString.b=2\nhasOwnProperty=y' }
    expect(await load(files)).toEqual({ toString: { a: 1, b: '2' }, valueOf: 'x', hasOwnProperty: 'y' })
  })

  it('merges ten thousand entries in time that grows with their number only', async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => ({ path: ['many', `key-${index}`], value: index }))
    const source = drivenSource(entries, { reading: () => ({ entries }) })
    const started = performance.now()
    expect(Object.keys((await load({}, { sources: source }))['many'] as object)).toHaveLength(10_000)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe('env()', () => {
  it('makes paths of names: parts by the separator, words in camel case, parts with lower-case letters as they are', async () => {
    vi.stubEnv('ET_LOG__LEVEL', 'debug')
    vi.stubEnv('ET_DB__MAX_IDLE_TIME', '3')
    vi.stubEnv('ET_kept__As_Is', 'x')
    expect(await load({}, { sources: env({ prefix: 'ET_' }) })).toEqual({
      log: { level: 'debug' },
      db: { maxIdleTime: '3' },
      kept: { As_Is: 'x' },
    })
  })

  it('refuses an empty separator', () => {
    expect(() => env({ separator: '' })).toThrow(expect.objectContaining({ code: 'HOT_CONFIG_OPTION' }))
  })
})
