import { createHotConfig } from '@hot-config/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'
import { rejecting } from '../support/schemas.ts'

type Path = readonly (string | number)[]
type Value = number | string | boolean | readonly Value[] | { readonly [name: string]: Value }

/** The line that is reported for the value at each path. */
async function linesOf(file: string, text: string, paths: readonly Path[]): Promise<(number | undefined)[]> {
  const sources = drivenSource<string>(text, { reading: (held) => ({ entries: fileEntries({ [file]: held }) }) })
  const { issues } = await loadError(createHotConfig({ logger: false, sources, schema: rejecting(paths) }))
  return issues.map(({ line }) => line)
}

/** Writes a text and notes on which line each value begins. */
class Page {
  readonly #layout: readonly number[]
  #choices = 0
  text = ''
  readonly lines = new Map<Path, number>()

  /** @param layout what is chosen where a format leaves a choice, over and over */
  constructor(layout: readonly number[]) {
    this.#layout = layout
  }

  write(text: string): this {
    this.text += text
    return this
  }

  /** The value at this path begins here. */
  mark(path: Path): this {
    this.lines.set(path, this.text.split('\n').length)
    return this
  }

  unmark(path: Path): void {
    this.lines.delete(path)
  }

  choose<T>(...choices: readonly [T, ...T[]]): T {
    const chosen = this.#layout[this.#choices++ % this.#layout.length] ?? 0
    return choices[chosen % choices.length] as T
  }
}

const quote = (text: string): string => JSON.stringify(text)
const isObject = (value: Value): value is { readonly [name: string]: Value } =>
  typeof value === 'object' && !Array.isArray(value)

function writeJson(page: Page, value: Value, path: Path): void {
  const blank = (): void => void page.write(page.choose('', ' ', '\n', '\n\n  ', '\t'))
  const list = (brackets: string, members: readonly (() => void)[]): void => {
    page.write(brackets.charAt(0))
    members.forEach((member, index) => {
      if (index > 0) page.write(',')
      blank()
      member()
      blank()
    })
    page.write(brackets.charAt(1))
  }
  if (Array.isArray(value)) {
    list(
      '[]',
      (value as readonly Value[]).map((item, index) => () => {
        page.mark([...path, index])
        writeJson(page, item, [...path, index])
      }),
    )
  } else if (isObject(value)) {
    list(
      '{}',
      Object.entries(value).map(([name, below]) => () => {
        page.mark([...path, name]).write(`${quote(name)}:`)
        page.write(page.choose('', ' '))
        writeJson(page, below, [...path, name])
      }),
    )
  } else page.write(JSON.stringify(value))
}

/** In one line, or in several inside of brackets. */
function writeFlow(page: Page, value: Value, path: Path, indent: string): void {
  const gap = (): void =>
    void page.write(page.choose('', ' ', `\n${indent}`, ` # [not, {a: list\n${indent}`, `\n\n${indent}`))
  if (typeof value !== 'object') page.write(JSON.stringify(value))
  else if (Array.isArray(value)) {
    page.write('[')
    for (const [index, item] of (value as readonly Value[]).entries()) {
      if (index > 0) page.write(',')
      gap()
      page.mark([...path, index])
      writeFlow(page, item, [...path, index], indent)
      gap()
    }
    page.write(']')
  } else {
    page.write('{')
    for (const [index, [name, below]] of Object.entries(value).entries()) {
      if (index > 0) page.write(',')
      gap()
      page.mark([...path, name]).write(`${quote(name)}: `)
      writeFlow(page, below, [...path, name], indent)
      gap()
    }
    page.write('}')
  }
}

/** Below what is written already: behind a blank, or on the next line. */
function writeYaml(page: Page, value: Value, path: Path, indent: string): void {
  const isEmpty = typeof value === 'object' && Object.keys(value).length === 0
  if (typeof value === 'string' && page.choose(true, false, false) && !/^\s|\n\n/.test(value) && value !== '') {
    page.write(` ${page.choose('|-', '>-')} # text: of lines\n${indent}  ${value.replaceAll('\n', `\n${indent}  `)}\n`)
  } else if (typeof value !== 'object' || isEmpty || page.choose(false, false, true)) {
    page.write(page.choose(' ', '  ', ' &anchor '))
    writeFlow(page, value, path, `${indent}  `)
    page.write(page.choose('\n', ' # a: comment\n', '\n\n', '\n# - comment\n'))
  } else {
    page.write(page.choose('\n', ' # comment\n', '\n\n'))
    const entries = Array.isArray(value) ? Array.from((value as readonly Value[]).entries()) : Object.entries(value)
    // an item of a list that is a collection itself begins with its first entry, which may be on a later line
    if (typeof path.at(-1) === 'number') page.unmark(path)
    for (const [index, [segment, below]] of (entries as [string | number, Value][]).entries()) {
      const here = [...path, segment]
      page.write(indent)
      if (index === 0 && typeof path.at(-1) === 'number') page.mark(path)
      page.mark(here).write(typeof segment === 'number' ? '-' : `${quote(segment)}:`)
      writeYaml(page, below, here, `${indent}  `)
    }
  }
}

function writeTomlValue(page: Page, value: Value, path: Path): void {
  const gap = (): void => void page.write(page.choose('', ' ', '\n', ' # ["x", {\n', '\n\n\t'))
  if (typeof value === 'string') {
    const isLiteral = !/['\p{Cc}]/u.test(value.replaceAll('\n', ''))
    const long = page.choose('"', '"""', "'''")
    if (long === '"""') page.write(`"""\n${quote(value).slice(1, -1).replaceAll('\\n', '\n')}"""`)
    else if (long === "'''" && isLiteral) page.write(`'''${value}'''`)
    else page.write(quote(value))
  } else if (typeof value !== 'object') page.write(JSON.stringify(value))
  else if (Array.isArray(value)) {
    page.write('[')
    for (const [index, item] of (value as readonly Value[]).entries()) {
      if (index > 0) page.write(',')
      gap()
      page.mark([...path, index])
      writeTomlValue(page, item, [...path, index])
      gap()
    }
    page.write(']')
  } else {
    page.write('{ ')
    for (const [index, [name, below]] of Object.entries(value).entries()) {
      if (index > 0) page.write(', ')
      page.mark([...path, name]).write(`${quote(name)} = `)
      writeTomlValue(page, below, [...path, name])
    }
    page.write(' }')
  }
}

function writeToml(page: Page, table: { readonly [name: string]: Value }, path: Path, header: string): void {
  const later: (() => void)[] = []
  for (const [name, value] of Object.entries(table)) {
    const here = [...path, name]
    const full = header === '' ? quote(name) : `${header}.${quote(name)}`
    const isTables = Array.isArray(value) && value.length > 0 && (value as readonly Value[]).every(isObject)
    const how = page.choose('header', 'inline', 'dotted')
    if (isObject(value) && how === 'header') {
      later.push(() => {
        page
          .mark(here)
          .write(page.choose(`[${full}]`, `[ ${full} ] # [x]`))
          .write('\n')
        writeToml(page, value, here, full)
      })
    } else if (isTables && how === 'header') {
      later.push(() => {
        for (const [index, element] of (value as readonly { readonly [name: string]: Value }[]).entries()) {
          page.mark([...here, index]).write(`[[${full}]]\n`)
          writeToml(page, element, [...here, index], full)
        }
      })
    } else if (isObject(value) && Object.keys(value).length > 0 && how === 'dotted') {
      for (const [below, each] of Object.entries(value)) {
        page.mark([...here, below]).write(`${quote(name)}${page.choose('.', ' . ')}${quote(below)} = `)
        writeTomlValue(page, each, [...here, below])
        page.write('\n')
      }
    } else {
      page.mark(here).write(`${quote(name)}${page.choose('=', ' = ', '\t=\t')}`)
      writeTomlValue(page, value, here)
      page.write(page.choose('\n', ' # = "x"\n', '\n\n'))
    }
  }
  for (const write of later) write()
}

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'port', 'host', '0', '1') },
  fc.constantFrom('a.b', 'x y', 'quote"d', '#no', 'é', '[x]', '10', '3.10'),
)
const text = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    'a: b',
    '[x',
    '{',
    '# no',
    "it's",
    'say "hi"',
    '"""',
    "'''",
    '\\',
    'a\nb',
    '= 1\n[x]\n',
    '- x',
    '---',
  ),
  fc.string({ maxLength: 5 }),
)
const { tree } = fc.letrec<{ tree: { readonly [name: string]: Value }; value: Value; list: readonly Value[] }>(
  (tie) => ({
    tree: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    list: fc.array(tie('value'), { maxLength: 3 }),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.integer(),
      fc.boolean(),
      text,
      tie('list'),
      fc.array(tie('tree'), { maxLength: 3 }),
      tie('tree'),
    ),
  }),
)
const layout = fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 40 })

const FORMATS: readonly (readonly [string, (page: Page, value: { readonly [name: string]: Value }) => void])[] = [
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
        const paths = Array.from(page.lines.keys())
        const lines = await linesOf(file, page.text, paths)
        // the text is there for whom a failure is shown to
        expect([page.text, lines]).toEqual([page.text, Array.from(page.lines.values())])
      }),
      { numRuns: 400 },
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
    ['an item on a line of its own', 'a.json', '{"a": [\n1,\n2]}', ['a', 1], 3],
  ])('%s is right', async (_what, file, text, path, line) => {
    expect(await linesOf(file, text, [path])).toEqual([line])
  })
})
