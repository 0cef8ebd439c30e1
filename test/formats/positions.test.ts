import { createHotConfig } from '@hot-config/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'
import { rejecting } from '../support/schemas.ts'
import { Page, layout, tree, writeJson, writeToml, writeYaml } from '../support/positioned-documents.ts'
import type { Path, Tree } from '../support/positioned-documents.ts'

/** The line that is reported for the value at each path. */
async function linesOf(file: string, text: string, paths: readonly Path[]): Promise<(number | undefined)[]> {
  const sources = drivenSource<string>(text, { reading: (held) => ({ entries: fileEntries({ [file]: held }) }) })
  const { issues } = await loadError(createHotConfig({ logger: false, sources, schema: rejecting(paths) }))
  return issues.map(({ line }) => line)
}

const FORMATS: readonly (readonly [string, (page: Page, value: Tree) => void])[] = [
  ['app.json', (page, value) => writeJson(page, value, [])],
  ['app.yaml', (page, value) => (Object.keys(value).length > 0 ? writeYaml(page, value, [], '') : page.write('{}'))],
  ['app.toml', (page, value) => writeToml(page, value, [], '')],
]

describe.each(FORMATS)('in %s', (file, write) => {
  it('every value of every document is reported on the line where it is', async () => {
    await fc.assert(
      fc.asyncProperty(tree, layout, async (value, choices) => {
        const page = new Page(choices)
        write(page, value)
        fc.pre(page.lines.size > 0)
        // a rejection lists no more problems than that
        const marks = Array.from(page.lines).slice(0, 100)
        const lines = await linesOf(
          file,
          page.text,
          marks.map(([path]) => path),
        )
        // the text is there for whom a failure is shown to
        expect([page.text, lines]).toEqual([page.text, marks.map(([, line]) => line)])
      }),
      { numRuns: 100 },
    )
  })
})

const filler = fc.array(fc.constantFrom('', '  ', '# a comment', '\t# = [x]'), { maxLength: 2 })
const pair = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd.e', 'd.f'), before: filler, long: fc.boolean() })
const pairs = fc.uniqueArray(pair, { selector: ({ key }) => key, minLength: 1 })

describe.each([
  ['app.env', 'one', '"one\ntwo\n\n three"'],
  ['app.properties', 'one', 'one \\\n  two \\\n three'],
  ['app.ini', 'one', '"one two" ; comment'],
])('in %s', (file, short, long) => {
  it('every key is reported on its line, whatever is before it', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.constantFrom('\n', '\r\n'), async (list, end) => {
        const page = new Page([0])
        for (const { key, before, long: isLong } of list) {
          for (const line of before) page.write(`${line.trimStart()}\n`)
          page.mark(key.split('.')).write(`${key} = ${isLong ? long : short}\n`)
        }
        const lines = await linesOf(file, page.text.replaceAll('\n', end), Array.from(page.lines.keys()))
        expect(lines).toEqual(Array.from(page.lines.values()))
      }),
      { numRuns: 200 },
    )
  })
})

describe('the line of', () => {
  it.each<[what: string, file: string, text: string, path: Path, line: number]>([
    [
      'what follows a list over several lines',
      'a.toml',
      'list = [\n  ["port"],\n  ["host"],\n]\nport = 1\n',
      ['port'],
      5,
    ],
    ['a line of such a list', 'a.toml', 'list = [\n  ["port"],\n  ["host"],\n]\n', ['list', 1, 0], 3],
    [
      'what follows a text with a header in it',
      'a.toml',
      'text = """\n[table]\nport = 2\n"""\nport = 1\n',
      ['port'],
      5,
    ],
    ['a value of an inline table', 'a.toml', 'x = { a = [\n1,\n2], b = 3 }\n', ['x', 'b'], 3],
    ['a dotted key', 'a.toml', 'a.b.c = 1\na.b.d = 2\n', ['a', 'b', 'd'], 2],
    ['the second table of a list', 'a.toml', '[[s]]\nport = 1\n[[s]]\nport = 2\n', ['s', 1, 'port'], 4],
    [
      'a table below the newest of a list',
      'a.toml',
      '[[s]]\n[s.t]\na = 1\n[[s]]\n[s.t]\na = 2\n',
      ['s', 1, 't', 'a'],
      6,
    ],
    ['a table that comes after one below it', 'a.toml', '[a.b]\nx = 1\n[a]\ny = 1\n', ['a'], 3],
    ['a table with a number for a name', 'a.toml', '[a.0]\nx = 1\n[a.1]\nx = 2\n[a]\n', ['a', '1', 'x'], 4],
    ['an item that was left out', 'a.yaml', 'list:\n  - a\n  # - no\n  -\n  - b\n', ['list', 1], 4],
    ['the first item, left out', 'a.yaml', 'list:\n\n  -\n  - b\n', ['list', 0], 3],
    ['a text in a block', 'a.yaml', 'list:\n  - a\n  - |\n\n    b\n', ['list', 1], 3],
    ['what follows such a text', 'a.yaml', 'list:\n  - |\n    - a\n    b: 1\n  - c\n', ['list', 1], 5],
    ['an alias', 'a.yaml', 'a: &a {x: 1}\nlist:\n  - *a\n', ['list', 0], 3],
    ['what an alias stands for', 'a.yaml', 'a: &a {x: 1}\nb:\n  c: *a\n', ['b', 'c', 'x'], 3],
    ['what is merged', 'a.yaml', 'a: &a {x: 1}\nb:\n  <<: *a\n', ['b', 'x'], 2],
    ['a key that is a number', 'a.yaml', 'a: 1\nb:\n  3.10: x\n', ['b', '3.10'], 3],
    ['a value behind the mark of a document', 'a.yaml', '# x\n---\n# y\na: 1\n...\n', ['a'], 4],
    ['a name with an escape', 'a.json', '{\n"\\u0061": 1}', ['a'], 2],
    ['an item of a list', 'a.ini', 'a[] = 1\na[] = 2\na[] = 3\n', ['a', 0], 1],
    ['an item of a list in a section', 'a.ini', '[s.t]\na[] = 1\nb = 1\na[] = 2\n', ['s', 't', 'a', 1], 4],
    ['an item on a line of its own', 'a.json', '{"a": [\n1,\n2]}', ['a', 1], 3],
  ])('%s is right', async (_what, file, text, path, line) => {
    expect(await linesOf(file, text, [path])).toEqual([line])
  })
})
