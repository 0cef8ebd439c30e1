import { describe, expect, it } from 'vitest'

import { load } from '../support/load.ts'

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
    ['.env.production', 'name=shop\nlog.level=debug\n'],
  ])('%s gives the paths that its dotted keys spell', async (key, text) => {
    expect(await load({ [key]: text })).toEqual({ name: 'shop', log: { level: 'debug' } })
  })

  it.each(['json', 'yaml', 'yml', 'toml', 'env', 'properties', 'ini'])(
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
      when: '2026-11-23T04:05:06Z',
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
