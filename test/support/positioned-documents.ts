import * as fc from 'fast-check'

export type Path = readonly (string | number)[]
type Value = number | string | boolean | readonly Value[] | Tree
export interface Tree {
  readonly [name: string]: Value
}

/** Writes a text and notes on which line each value begins. */
export class Page {
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
const isObject = (value: Value): value is Tree => typeof value === 'object' && !Array.isArray(value)

export function writeJson(page: Page, value: Value, path: Path): void {
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
export function writeYaml(page: Page, value: Value, path: Path, indent: string): void {
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

export function writeToml(page: Page, table: Tree, path: Path, header: string): void {
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
        for (const [index, element] of (value as readonly Tree[]).entries()) {
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
export const { tree } = fc.letrec<{ tree: Tree; value: Value; list: readonly Value[] }>((tie) => ({
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
}))
export const layout = fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 40 })
