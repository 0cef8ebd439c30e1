import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readText } from '../support/read-text.ts'
import type { ReadText } from '../support/read-text.ts'

const NAMES = [
  '3.10',
  '3.1',
  '1e3',
  '1000',
  '0x10',
  '010',
  '0o7',
  '+1',
  '-0',
  '.5',
  '5.',
  '.inf',
  '.nan',
  '9007199254740993',
  '1e400',
  'true',
  'True',
  'false',
  'null',
  'Null',
  '~',
  'yes',
  'no',
  'on',
  '2026-11-23',
  '12:30',
  '1_000',
  'toString',
  'hasOwnProperty',
]

describe('a YAML key', () => {
  it.each(NAMES)('%s keeps its text, in blocks, in braces and behind a question mark', async (name) => {
    const wanted = { value: { [name]: 'x', other: { [name]: 1 } } }
    expect(await readText('a.yaml', `${name}: x\nother:\n  ${name}: 1\n`)).toEqual(wanted)
    expect(await readText('a.yaml', `{${name}: x, other: {${name}: 1}}`)).toEqual(wanted)
    expect(await readText('a.yaml', `? ${name}\n: x\n? other\n: ? ${name}\n  : 1\n`)).toEqual(wanted)
  })

  it('that is not another key for a reader is not another key', async () => {
    const all = NAMES.map((name, index) => `${name}: ${index}\n`).join('')
    const wanted = Object.fromEntries(NAMES.map((name, index) => [name, index]))
    expect(await readText('a.yaml', all)).toEqual({ value: wanted })
  })

  it.each(NAMES)('%s is named as it is in the file', async (name) => {
    const { issue } = await readText('a.yaml', `a: 1\n${name}:\n  b: 10000000000000001\n`)
    const path = name.includes('.') ? `["${name}"].b` : `${name}.b`
    expect(issue).toMatchObject({ line: 3, path })
  })

  it('keeps its text when it comes by an anchor or a merge', async () => {
    const text = 'base: &base {3.10: a, 1e3: b}\nuse:\n  <<: *base\n  3.10: c\n'
    expect(await readText('a.yaml', text)).toEqual({
      value: { base: { '3.10': 'a', '1e3': 'b' }, use: { '3.10': 'c', '1e3': 'b' } },
    })
  })

  it('that is left out is an empty text', async () => {
    expect(await readText('a.yaml', ': x\n')).toEqual({ value: { '': 'x' } })
  })

  it.each([
    '!!int 3: x',
    '!!float 3.10: x',
    '!!bool true: x',
    '!!null null: x',
    'a: &a 3.10\n*a : x',
    '? [a]\n: x',
    '? {a: 1}\n: x',
  ])('that is not text is rejected with its line: %s', async (text) => {
    const { issue } = await readText('a.yaml', `first: 1\n${text}\n`)
    expect(issue).toMatchObject({
      file: 'a.yaml',
      line: text.startsWith('a:') ? 3 : 2,
      message: expect.stringMatching(/key/),
    })
  })

  it('with a tag of text, or by an alias of text, is that text', async () => {
    expect(await readText('a.yaml', '!!str 3.10: x\na: &a b\n*a : y\n')).toEqual({
      value: { '3.10': 'x', a: 'b', b: 'y' },
    })
  })
})

describe('a JSON name', () => {
  const name = fc.string({ unit: fc.constantFrom('\\', '"', 'a', ':', '\n'), maxLength: 3 })
  const objects = fc.array(fc.dictionary(name, fc.constantFrom(1, 'x', '"'), { maxKeys: 4 }), { maxLength: 5 })

  it('of quotes and backslashes is kept, or rejected with its line on a Node that changes it', async () => {
    await fc.assert(
      fc.asyncProperty(objects, async (list) => {
        const lines = list.map((object) => JSON.stringify(object))
        const { value, issue } = await readText('a.json', `{"list": [\n${lines.join(',\n')}\n]}`)
        if (!issue) expect(value).toEqual({ list })
        else {
          expect(issue.message).toMatch(/changes the name; choose one/)
          expect(lines[(issue.line ?? 0) - 2]).toContain('\\')
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('a name that an object has twice', () => {
  it.each<[file: string, text: string, line: number]>([
    ['a.json', '{"a": 1,\n"b": 2,\n"a": 3}', 3],
    ['a.json', '{"a": 1,\n"\\u0061": 3}', 2],
    ['a.json', '{"x": {"a": 1},\n"y": [{"a": 1,\n"a": 1}]}', 3],
    ['a.json', '{"__proto__": 1,\n"__proto__": 2}', 2],
    ['a.json', '{"": 1,\n"": 2}', 2],
    ['a.json', '{"a" : 1,\n"a"\n:2}', 2],
    ['a.json', '{"a\\"": ": \\"", "b": 1,\n"b": 2}', 2],
    ['a.json', '{"a\\\\":1,\n"a\\\\":2}', 2],
    ['a.json', '{"1": 1,\n"1": 1}', 2],
    ['a.json', '{"a": {"b": 1},\n"a": {"c": 1, "d": 2}}', 2],
    ['a.json', '{"a": {"b": 1, "c": [1, 2, {"d": 3}]},\n"a": 1}', 2],
    ['a.yaml', 'a: 1\nb: 2\na: 3\n', 3],
    ['a.yaml', 'a: 1\n"a": 3\n', 2],
    ['a.yaml', "3.10: 1\n'3.10': 3\n", 2],
    ['a.yaml', 'a: {b: 1,\n "\\x62": 2}\n', 2],
    ['a.yaml', '{null: 1,\n"null": 2}\n', 2],
    ['a.toml', 'a = 1\nb = 2\na = 3\n', 3],
    ['a.toml', 'a = 1\n"a" = 3\n', 2],
    ['a.toml', 'a.b = 1\n[a]\nb = 2\n', 2],
  ])('is rejected with the line of the second: %s %j', async (file, text, line) => {
    const { issue } = await readText(file, text)
    expect(issue).toMatchObject({ code: 'HOT_CONFIG_SYNTAX', file, line })
    expect(issue?.message).toMatch(/twice|duplicated|redefine/)
  })

  it('is rejected in any JSON, and only then', async () => {
    // No name with a backslash: V8 13 takes some for others.
    const key = fc.constantFrom('a', 'b', 'c', 'ä', ':', 'a:')
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('1', '"x"', '": "', '"\\":"', 'null', '1e5', '0.5', '"\\\\"'),
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
        fc
          .array(fc.tuple(key, fc.constantFrom(':', ' : ', ':\n'), tie('value')), { maxLength: 4 })
          .map(
            (members) => `{${members.map(([name, colon, below]) => JSON.stringify(name) + colon + below).join(',')}}`,
          ),
      ),
    }))
    let [twice, once] = [0, 0]
    await fc.assert(
      fc.asyncProperty(value, async (inner) => {
        const text = `{"top": ${inner}}`
        // every name comes by here once for each time that it is left in the value
        const names = Array.from(text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)).filter(([, colon]) => colon).length
        const isTwice = countNames(JSON.parse(text)) !== names
        if (isTwice) twice++
        else once++
        const read = await readText('a.json', text)
        if (isTwice) expect(read.issue?.message).toMatch(/twice/)
        else expect(read.value).toEqual(JSON.parse(text))
      }),
      { numRuns: 1500 },
    )
    expect(Math.min(twice, once)).toBeGreaterThan(100)
  })

  it.each([
    ['a.env', 'a=1\na=2\n'],
    ['a.properties', 'a=1\na=2\n'],
    ['a.ini', 'a=1\na=2\n'],
  ])('has its last value in %s, as that format says', async (file, text) => {
    expect(await readText(file, text)).toEqual({ value: { a: '2' } })
  })
})

/** The path that dots spell, by a way that is not the product's. */
function pathSpelledBy(name: string): string[] {
  const parts = name.split('.')
  return /[[\]]/.test(name) || parts.includes('') ? [name] : parts
}

describe.each<[what: string, read: (names: readonly string[]) => Promise<ReadText>]>([
  ['a.env', (names) => readText('a.env', names.map((name) => `${name}=${name}\n`).join(''))],
  ['a.properties', (names) => readText('a.properties', names.map((name) => `${name}=${name}\n`).join(''))],
  ['a.ini', (names) => readText('a.ini', names.map((name) => `${name} = ${name}\n`).join(''))],
  [
    'a section of a.ini',
    async (names) => below(await readText('a.ini', ['[top]', ...names.map((name) => `${name} = ${name}`)].join('\n'))),
  ],
])('a name in %s', (what, read) => {
  // in .env, names have no brackets; in INI, a list ends in []
  const signs = what.endsWith('env') ? 'abc.' : what.endsWith('properties') ? 'abc.[]' : 'abc.]'
  const name = fc.string({ unit: fc.constantFrom(...signs.split('')), minLength: 1, maxLength: 6 })

  it('is the path that its dots spell, or one name as it is written, and never another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (names) => {
        const { value, issue } = await read(names)
        // a value, and keys below it
        if (issue) expect(issue.message).toContain('keys below it')
        else for (const each of names) expect(valueAt(value, pathSpelledBy(each))).toBe(each)
      }),
      { numRuns: 300 },
    )
  })
})

const below = (read: ReadText): ReadText =>
  read.value ? { value: read.value['top'] as Record<string, unknown> } : read

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], tree)
}

describe('a name with brackets', () => {
  it.each([
    ['servers[0].host', { servers: { 0: { host: 'x' } } }],
    ['labels["a.b"].c', { labels: { 'a.b': { c: 'x' } } }],
    ['a[b]', { 'a[b]': 'x' }],
    ['a[', { 'a[': 'x' }],
    ['[0]a', { '[0]a': 'x' }],
    ['a.[0]', { 'a.[0]': 'x' }],
  ])('is a path only where it is written as one: %s', async (name, value) => {
    expect(await readText('a.properties', `${name}=x\n`)).toEqual({ value })
    expect(await readText(name, 'x')).toEqual({ value })
  })
})

describe('a name in INI', () => {
  it.each<[text: string, value: object]>([
    ['"a.b" = 1', { 'a.b': '1' }],
    ["'a.b' = 1", { 'a.b': '1' }],
    ['"a=b" = 1', { 'a=b': '1' }],
    ['"a[]" = 1', { 'a[]': '1' }],
    ['["a.b"]\nc = 1', { 'a.b': { c: '1' } }],
    ['[a]\n"b.c" = 1', { a: { 'b.c': '1' } }],
    ['[a.b]\nc.d = 1', { a: { b: { c: { d: '1' } } } }],
    ['[a..b]\nc = 1', { 'a..b': { c: '1' } }],
    ['[a."b.c"]\nd = 1', { a: { 'b.c': { d: '1' } } }],
    ["['a.b' . c]\nd = 1", { 'a.b': { c: { d: '1' } } }],
    ['[a."b.\\"c.d\\"".e]\nf = 1', { a: { 'b."c.d"': { e: { f: '1' } } } }],
    ['["a.b"."c.d"]\ne = 1', { 'a.b': { 'c.d': { e: '1' } } }],
    ['[a\\.b."c.d"]\ne = 1', { 'a.b': { 'c.d': { e: '1' } } }],
    ['[a.."b.c"]\nd = 1', { 'a.."b.c"': { d: '1' } }],
    ["['it's']\na = 1", { "it's": { a: '1' } }],
    ["[it's.b]\na = 1", { "it's": { b: { a: '1' } } }],
    ['a."b.c" = 1', { a: { 'b.c': '1' } }],
    ['a."b.c=d" = 1', { a: { 'b.c=d': '1' } }],
    ['[a]\n"b.c".d = 1', { a: { 'b.c': { d: '1' } } }],
    ['a."b.c"[] = 1\na."b.c"[] = 2', { a: { 'b.c': ['1', '2'] } }],
  ])('in quotes is one name, and so is a part in quotes: %j', async (text, value) => {
    expect(await readText('a.ini', text)).toEqual({ value })
  })

  it.each(['[ ]\na = 1', '[""]\n"" = 1', '"" = 1', '= 1'])('is not left out: %j', async (text) => {
    expect(await readText('a.ini', text)).toMatchObject({ issue: { file: 'a.ini' } })
  })
})

/** How many names all objects of a value have. A reviver does not tell: for equal names, V8 calls it in its own way. */
function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const below = Object.values(value).reduce<number>((sum, item) => sum + countNames(item), 0)
  return Array.isArray(value) ? below : below + Object.keys(value).length
}
