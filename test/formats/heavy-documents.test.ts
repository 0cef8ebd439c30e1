import type { ConfigError, Reading, Schema } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { countWorkers, filesSource, inWorker, onMain, start } from '../support/heavy-builds.ts'
import type { Files, Tree } from '../support/heavy-builds.ts'
import { heavy } from '../support/heavy-documents.ts'

const workers = countWorkers()

/** The value of a source, parsed on the main thread and in a worker. */
async function bothValues(files: Files, schema?: Schema): Promise<[Tree, Tree]> {
  await using here = await start(onMain, filesSource(files), schema)
  expect(workers.answered).toBe(0)
  await using there = await start(inWorker, filesSource(files), schema)
  expect(workers.answered).toBeGreaterThan(0)
  expect(there.snapshot.digest).toBe(here.snapshot.digest)
  return [here.current, there.current]
}

/** The error of a source, parsed on the main thread and in a worker. */
async function bothErrors(files: Files, schema?: Schema): Promise<[ConfigError, ConfigError]> {
  const fail = (core: typeof onMain): Promise<ConfigError> =>
    start(core, filesSource(files), schema).then(
      () => Promise.reject(new Error('was taken')),
      (error: unknown) => error as ConfigError,
    )
  const here = await fail(onMain)
  expect(workers.answered).toBe(0)
  const there = await fail(inWorker)
  expect(workers.answered).toBeGreaterThan(0)
  return [here, there]
}

const LONG = 'long '.repeat(40_000)

const AWKWARD: readonly (readonly [key: string, head: string])[] = [
  ['app.yaml', 'numbers: [-0.0, -0, 1e300, 0x10, 0.1]\nkeys: {3.10: a, 3.1: b, 1e3: c, null: d, true: e}'],
  ['app.yaml', 'texts: ["", no, "\\ud83d\\ude00", "\\u2028", 2001-12-14, "\\0x"]\nempty: [{}, [], ~]'],
  ['app.yaml', 'base: &base {a: 1, deep: {b: [1]}}\nuse: {<<: *base, c: 2}\nlist: [*base, *base]'],
  ['app.yaml', `text: &text ${LONG}\nagain: [${'*text, '.repeat(50)}*text]`],
  ['app.yaml', '"": 1\n"a.b": {"c d": 1, "10": x, "2": y, valueOf: 1}\nz: 1\na: 1'],
  [
    'app.yml',
    `? many\n: {${Array.from({ length: 3_000 }, (_, index) => `k${(index * 7) % 3_001}: ${index}`).join(', ')}}`,
  ],
  ['app.json', '"numbers": [-0, 1e300, 1e-7, 9007199254740991, 0.1]'],
  ['app.json', '"texts": ["\\ud800", "\\u0000", "\\ud83d\\ude00", "é"], "empty": [{}, [], null], ": \\"": 1'],
  ['app.json', `"text": ${JSON.stringify(LONG)}, "deep": ${'['.repeat(90)}1${']'.repeat(90)}`],
  [
    'app.toml',
    'numbers = [-0.0, 1e300, 9007199254740991]\ndates = [1979-05-27 07:32:00.1234567Z, 1979-05-27, 07:32:00]',
  ],
  ['app.env', 'QUOTED="a\nb"\nEMPTY=\nLOG.LEVEL=debug'],
  ['app.properties', 'a.b.c = 1\na.b.d : \\u00e9'],
  ['app.ini', 'list[] = 1\nlist[] = 2\na.b = x;y ; z\nc = #f00'],
  ['folder/below/app.yaml', 'a: {b: 1}'],
]

describe('a heavy document', () => {
  it.each(AWKWARD)('has the same value from a worker as from the main thread: %s %#', async (key, head) => {
    const [here, there] = await bothValues({ [key]: heavy(key, head) })
    expect(there).toStrictEqual(here)
    expect(Object.keys(there)).toEqual(Object.keys(here))
    expect(Object.keys(here)).not.toHaveLength(0)
  })

  it.each(AWKWARD)('has the same value after an update: %s %#', async (key, head) => {
    const source = filesSource({ [key]: heavy(key, '') })
    await using updated = await start(inWorker, source)
    const before = updated.current
    source.set({ [key]: heavy(key, head) })
    expect(await updated.reload()).toBe('changed')
    await using fresh = await start(onMain, source)
    expect(updated.current).toStrictEqual(fresh.current)
    expect(updated.snapshot.digest).toBe(fresh.snapshot.digest)

    source.set({ [key]: heavy(key, '') })
    expect(await updated.reload()).toBe('changed')
    expect(updated.current).toStrictEqual(before)
  })

  it.each(['yaml', 'json', 'toml', 'dotenv', 'properties', 'ini'] as const)(
    'has the format that its source says, in a worker as well: %s',
    async (format) => {
      const bytes = Buffer.from(heavy(`a.${format === 'dotenv' ? 'env' : format}`, ''))
      const reading = (): Partial<Reading> => ({ entries: [{ key: 'settings', bytes, format }] })
      await using here = await start(onMain, drivenSource(0, { reading }))
      expect(workers.answered).toBe(0)
      await using there = await start(inWorker, drivenSource(0, { reading }))
      expect(workers.answered).toBeGreaterThan(0)
      expect(there.current).toStrictEqual(here.current)
      expect(here.current).toHaveProperty('fill1')
    },
  )

  it('sets the convict entries that have its names as env', async () => {
    const entry = { default: 'info', format: String, env: 'HEAVY_LEVEL' }
    const schema = { log: { level: entry }, audit: { level: entry } }
    const [here, there] = await bothValues({ 'app.env': heavy('app.env', 'HEAVY_LEVEL=debug') }, schema)
    expect(there).toStrictEqual(here)
    expect(there).toMatchObject({ log: { level: 'debug' }, audit: { level: 'debug' } })
  })

  it.each([
    ['a syntax error', 'app.yaml', heavy('app.yaml', 'a: [Tr0ub4dor, b\nc: d'), { line: 2, column: 1 }],
    ['a syntax error at its end', 'app.json', `${heavy('app.json', '').trimEnd()} Tr0ub4dor`, {}],
    ['a syntax error', 'app.toml', heavy('app.toml', 'b = 1\na = Tr0ub4dor'), { line: 2, column: 5 }],
    ['a syntax error', 'app.ini', heavy('app.ini', 'Tr0ub4dor'), { line: 1 }],
    ['a key below a value', 'app.properties', heavy('app.properties', 'a=1\na.b=1'), { line: 2, column: 1 }],
    ['a rejected name', 'app.json', heavy('app.json', '"a":\n{"__proto__": 1}'), { line: 2, path: 'a.__proto__' }],
    ['a rejected name', 'app.yaml', heavy('app.yaml', 'a:\n  constructor: 1'), { line: 2, path: 'a.constructor' }],
    ['a deep key', 'app.toml', heavy('app.toml', `${'a.'.repeat(200)}a = 1`), { path: 'a.a.a' }],
    ['too many values', 'app.yaml', heavy('app.yaml', bomb()), {}],
    ['a list at the top', 'app.yaml', '- Tr0ub4dor\n'.repeat(40_000), {}],
    ['a long integer', 'app.yaml', heavy('app.yaml', 'a: 1\nb: [c: 12345678901234567]'), { line: 2, path: 'b[0].c' }],
    ['a long integer', 'app.json', heavy('app.json', '"a":\n{"b": 12345678901234567}'), { line: 2, path: 'a.b' }],
    ['a long integer', 'app.toml', heavy('app.toml', 'a = [\n{ b = 12345678901234567 }]'), { line: 2, path: 'a[0].b' }],
    ['infinity', 'app.yaml', heavy('app.yaml', 'a: .inf'), { line: 1, path: 'a' }],
    ['infinity', 'app.json', heavy('app.json', '"a": 1e400'), { line: 1, path: 'a' }],
    ['infinity', 'app.toml', heavy('app.toml', 'a = inf'), { line: 1, path: 'a' }],
    ['a name given twice', 'app.yaml', heavy('app.yaml', 'a: 1\n"a": 1'), { line: 2 }],
    ['a name given twice', 'app.json', heavy('app.json', '"a": 1,\n"\\u0061": 1'), { line: 2 }],
    ['a name given twice', 'app.toml', heavy('app.toml', 'a = 1\n"a" = 1'), { line: 2 }],
    ['a no-break space', 'app.yaml', heavy('app.yaml', 'a:\n\u00a0b: 1'), { line: 2 }],
    ['a no-break space', 'app.env', heavy('app.env', 'A=1\nB=\u00a01'), { line: 2 }],
    ['a second document', 'app.yaml', heavy('app.yaml', 'a: 1\n---'), { line: 2 }],
    ['a hash', 'app.env', heavy('app.env', 'A=1\nB=Tr0ub4dor#'), { line: 2 }],
    ['a backslash', 'app.properties', heavy('app.properties', 'a=1\nb=\\d'), { line: 2, column: 3 }],
    ['what is not text', 'app.yaml', heavy('app.yaml', 'a: 1\nb: \0'), { line: 2 }],
  ])('with %s has the same error from a worker as from the main thread: %s', async (_what, key, text, expected) => {
    const [here, there] = await bothErrors({ [key]: text })
    expect(there.message).toBe(here.message)
    expect(there.issues).toEqual(here.issues)
    expect(there.issues).toMatchObject([{ code: 'HOT_CONFIG_SYNTAX', source: 'driven', file: key, ...expected }])
    expect(JSON.stringify(there) + there.message).not.toContain('Tr0ub4dor')
  })

  it.each([
    ['app.yaml', 'a:\n  - b: 1', { line: 2, column: 5 }],
    ['app.json', '"a":\n[{"b": 1}]', { line: 2, column: 3 }],
    ['app.toml', '[[a]]\nb = 1\n[c]', { line: 2 }],
  ])('that a schema rejects has its positions from a worker: %s', async (key, head, place) => {
    const issues = [
      { path: ['a', 0, 'b'], message: 'is wrong' },
      { path: ['nowhere'], message: 'is missing' },
    ]
    const schema: Schema = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } }
    const [here, there] = await bothErrors({ [key]: heavy(key, head), 'b.json': '{"b": 1}' }, schema)
    expect(there.issues).toEqual(here.issues)
    expect(there.issues[0]).toMatchObject({ path: 'a[0].b', file: key, ...place })
  })
})

function bomb(): string {
  const lines = ['a0: &a0 [lol]']
  for (let level = 1; level < 12; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`)
  }
  return lines.join('\n')
}
