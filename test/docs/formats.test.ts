import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { readText } from '../support/read-text.ts'
import { examplesOf, runExample } from '../support/snippets.ts'

// The tables on the page show what the formats do here. When they differ, this writes them:
//   UPDATE_DOCS=1 npx vitest run test/docs/formats.test.ts && npx oxfmt docs/formats.md
const PAGE = new URL('../../docs/formats.md', import.meta.url)
const isUpdate = process.env['UPDATE_DOCS'] === '1'

const FILES = {
  JSON: 'a.json',
  YAML: 'a.yaml',
  TOML: 'a.toml',
  dotenv: 'a.env',
  properties: 'a.properties',
  INI: 'a.ini',
} as const
type Column = keyof typeof FILES
const COLUMNS = Object.keys(FILES) as Column[]

/** What each format is given for one row; what has no entry can't be written in that format. */
type Given = Readonly<Partial<Record<Column, string>>>

/** The same as the value of `key` in every format. */
const everywhere = (scalar: string): Given => ({ ...typed(scalar), ...flat(scalar) })
const typed = (scalar: string): Given => ({
  JSON: `{"key": ${scalar}}`,
  YAML: `key: ${scalar}\n`,
  TOML: `key = ${scalar}\n`,
})
const flat = (text: string): Given => ({
  dotenv: `key=${text}\n`,
  properties: `key=${text}\n`,
  INI: `key = ${text}\n`,
})
/** A text that only JSON and TOML need quotes for. */
const text = (written: string): Given => ({
  ...everywhere(written),
  JSON: `{"key": ${JSON.stringify(written)}}`,
  TOML: `key = '${written}'\n`,
})
const everyFile = (content: string): Given => Object.fromEntries(COLUMNS.map((column) => [column, content]))

const TABLES: Readonly<Record<string, readonly (readonly [what: string, given: Given])[]>> = {
  values: [
    ['`1.10`', everywhere('1.10')],
    ['`1e3`', everywhere('1e3')],
    ['`9007199254740991`', everywhere('9007199254740991')],
    ['`9007199254740993`, which no number can hold', everywhere('9007199254740993')],
    ['`0.1234567890123456789`', everywhere('0.1234567890123456789')],
    ['`1e400`', everywhere('1e400')],
    ['`1e-400`', everywhere('1e-400')],
    ['`-0`', everywhere('-0')],
    ['infinity, not a number', { YAML: 'key: .inf\n', TOML: 'key = nan\n', ...flat('inf') }],
    ['`010`', everywhere('010')],
    ['`0x1F`', everywhere('0x1F')],
    ['`1_000`', everywhere('1_000')],
    ['`true`', everywhere('true')],
    ['`yes`', everywhere('yes')],
    ['`null`', everywhere('null')],
    ['nothing', { YAML: 'key:\n', TOML: 'key =\n', ...flat('') }],
    ['`2026-11-23`', everywhere('2026-11-23')],
    ['`12:30:45.123456`', everywhere('12:30:45.123456')],
    [
      'a list of 1 and 2',
      { JSON: '{"key": [1, 2]}', YAML: 'key: [1, 2]', TOML: 'key = [1, 2]', INI: 'key[] = 1\nkey[] = 2' },
    ],
  ],
  texts: [
    ['`a # b`', text('a # b')],
    ['`a ; b`', text('a ; b')],
    ['`a#b`', text('a#b')],
    ['`#fff`', text('#fff')],
    ['`a;b`', text('a;b')],
    ['`C:\\data`', text('C:\\data')],
    ['`"a # b"` in quotes', everywhere('"a # b"')],
    ['`"a\\nb"` in quotes', everywhere('"a\\nb"')],
    ['ends in a blank', text('a ')],
    ['begins with a no-break space', text('\u00a0a')],
  ],
  names: [
    [
      '`3.10`',
      { JSON: '{"3.10": 1}', YAML: '3.10: 1', TOML: '3.10 = 1', dotenv: '3.10=1', properties: '3.10=1', INI: '3.10=1' },
    ],
    [
      '`1e3`',
      { JSON: '{"1e3": 1}', YAML: '1e3: 1', TOML: '1e3 = 1', dotenv: '1e3=1', properties: '1e3=1', INI: '1e3=1' },
    ],
    [
      '`null`',
      { JSON: '{"null": 1}', YAML: 'null: 1', TOML: 'null = 1', dotenv: 'null=1', properties: 'null=1', INI: 'null=1' },
    ],
    [
      '`a.b`',
      { JSON: '{"a.b": 1}', YAML: 'a.b: 1', TOML: 'a.b = 1', dotenv: 'a.b=1', properties: 'a.b=1', INI: 'a.b=1' },
    ],
    [
      '`a..b`, which is no path',
      {
        JSON: '{"a..b": 1}',
        YAML: 'a..b: 1',
        TOML: 'a..b = 1',
        dotenv: 'a..b=1',
        properties: 'a..b=1',
        INI: 'a..b=1',
      },
    ],
    ['`"a.b"` in quotes', { JSON: '{"a.b": 1}', YAML: '"a.b": 1', TOML: '"a.b" = 1', INI: '"a.b"=1' }],
    [
      'the same name twice',
      {
        JSON: '{"a": 1, "a": 2}',
        YAML: 'a: 1\na: 2',
        TOML: 'a = 1\na = 2',
        dotenv: 'a=1\na=2',
        properties: 'a=1\na=2',
        INI: 'a=1\na=2',
      },
    ],
    [
      '`a`, and `a.b` below it',
      { TOML: 'a = 1\na.b = 2', dotenv: 'a=1\na.b=2', properties: 'a=1\na.b=2', INI: 'a=1\na.b=2' },
    ],
    [
      '`__proto__`',
      {
        JSON: '{"__proto__": 1}',
        YAML: '__proto__: 1',
        TOML: '__proto__ = 1',
        dotenv: '__proto__=1',
        properties: '__proto__=1',
        INI: '__proto__=1',
      },
    ],
    ['an anchor and its alias', { YAML: 'a: &x 1\nb: *x' }],
    ['a merge, which the mapping itself overrides', { YAML: 'x: &x {a: 1, b: 1}\ny: {<<: *x, b: 2}' }],
    ['two merge keys in one mapping', { YAML: 'x: &x {a: 1}\ny: {<<: *x, <<: *x}' }],
  ],
  files: [
    ['empty', everyFile('')],
    ['a comment with `#`, and nothing else', everyFile('# nothing\n')],
    ['`null`', { JSON: 'null', YAML: 'null' }],
    ['a list at the top', { JSON: '[1]', YAML: '- 1' }],
    ['an empty document at the end', { YAML: 'a: 1\n---\n' }],
    ['`%YAML 1.2`', { YAML: '%YAML 1.2\n---\na: 1\n' }],
    ['`%YAML 1.1`', { YAML: '%YAML 1.1\n---\na: 1\n' }],
    ['several documents', { YAML: 'a: 1\n---\nb: 1\n' }],
    [
      'a byte order mark, Windows line ends',
      {
        JSON: '\ufeff{\r\n"a": 1}',
        YAML: '\ufeffa: 1\r\n',
        TOML: '\ufeffa = 1\r\n',
        dotenv: '\ufeffa=1\r\n',
        properties: '\ufeffa=1\r\n',
        INI: '\ufeffa=1\r\n',
      },
    ],
    ['a NUL byte', everyFile('\0')],
  ],
}

async function cellOf(column: Column, given: Given): Promise<string> {
  const content = given[column]
  if (content === undefined) return ''
  const { value, issue } = await readText(FILES[column], content)
  if (issue) return 'rejected'
  return `\`${show('key' in value ? value['key'] : value)}\``
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  return JSON.stringify(value).replaceAll('":', '": ').replaceAll(',"', ', "').replaceAll('\u00a0', '\\u00a0')
}

async function tableOf(rows: (typeof TABLES)[string]): Promise<string> {
  const lines = [['', ...COLUMNS], COLUMNS.map(() => '---').concat('---')]
  for (const [what, given] of rows) {
    const cells = await Promise.all(COLUMNS.map((column) => cellOf(column, given)))
    lines.push([what, ...cells])
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Without what the formatter aligns the columns by. */
const cellsOf = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+$/, '---')))

describe('the page on formats', () => {
  it.each(Object.keys(TABLES))('shows what the formats do with %s', async (name) => {
    const page = readFileSync(PAGE, 'utf8')
    const table = await tableOf(TABLES[name] ?? [])
    const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
    const [before = '', rest = ''] = page.split(begin)
    const [shown = '', after = ''] = rest.split(end)
    if (isUpdate) writeFileSync(PAGE, `${before}${begin}\n\n${table}\n\n${end}${after}`)
    expect(cellsOf(isUpdate ? table : shown)).toEqual(cellsOf(table))
  })

  const [sources = '', own = ''] = examplesOf('docs/formats.md')

  it('shows how to say what keys are read as', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({
      'a.conf': '[a]\nb = 1',
      'a.cfg': 'c=1',
      'app.config': 'd: 1',
      'nginx.conf': 'server {\n}\n',
      'sidecar.conf': 'no INI',
      'database-config': 'export E=1',
    })
    const code = sources
      .replaceAll('/etc/config', volume.path)
      .replace('/vault/secrets/database-config', join(volume.path, 'database-config'))
      .replace('ignore: [', "ignore: ['database-config', ")
    const use = `
      import { createHotConfig } from '@hot-config/core'
      const config = await createHotConfig({ sources, logger: false })
      process.send([config.current, config.health().status])
    `
    await runExample(code + use, async (_child, next) => {
      const value = { E: '1', a: { b: '1' }, c: '1', d: 1, nginx: { conf: 'server {\n}' } }
      expect(await next()).toEqual([value, 'pass'])
    })
  })

  it('shows a format of a program', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.json5': "{port: 3000, // x\n host: 'shop'}" })
    const code = own.replaceAll('/etc/config', volume.path)
    await runExample(`${code}\nprocess.send(config.current)`, async (_child, next) => {
      expect(await next()).toEqual({ port: 3000, host: 'shop' })
    })
  })

  it('shows the warning about a text that looks like a document', async () => {
    const page = readFileSync(PAGE, 'utf8')
    const [, shown = ''] = /^volume:\/etc\/config (.*?)^```/ms.exec(page) ?? []
    const reading = (held: string) => ({ entries: [{ key: 'app.ymal', bytes: Buffer.from(held) }], canIgnore: true })
    await using config = await createHotConfig({ logger: false, sources: drivenSource('a: 1\nb: 2\n', { reading }) })
    expect(config.health().sources[0]?.warnings).toEqual([shown.trim().replaceAll('\n', ' ')])
  })
})
