import { describe, expect, it } from 'vitest'

import { readText } from '../support/read-text.ts'

const BLANKS: readonly (readonly [char: string, code: string])[] = [
  ['\u00a0', 'U+00A0 (no-break space)'],
  ['\u2003', 'U+2003 (em space)'],
  ['\u202f', 'U+202F (narrow no-break space)'],
  ['\u3000', 'U+3000 (ideographic space)'],
  ['\u200b', 'U+200B (zero width space)'],
  ['\ufeff', 'U+FEFF (byte order mark)'],
]

/** `_` is where the character is. */
const TEXTS: readonly (readonly [file: string, text: string, line: number])[] = [
  ['a.yaml', 'port: 3000\nlog:\n__level: debug\n', 3],
  ['a.yaml', 'port: 3000\nlog:\n  _level: debug\n', 3],
  ['a.yaml', 'log:_debug\n', 1],
  ['a.yaml', 'port: 3000\nhost:_shop\n', 2],
  ['a.yaml', 'port: 3000\nhost:_shop\na: 1\nb: 2\n', 2],
  ['a.yaml', 'port: 3000_\n', 1],
  ['a.yaml', 'a: 1\nport_: 3000\n', 2],
  ['a.yaml', 'a: 1\nport: _3000\n', 2],
  ['a.yaml', 'a: 1\nlist:\n  - a\n  -_b\n', 4],
  ['a.yaml', 'list:\n  - a:_1\n', 2],
  ['a.yaml', 'key: a\n  -_b\n', 2],
  ['a.yaml', 'key: a\n  _b\n', 2],
  ['a.yaml', 'a: {b:_1}\n', 1],
  ['a.yaml', 'a: [1,\n_2]\n', 2],
  ['a.yaml', 'a: 1\n_\nb: 2\n', 2],
  ['a.json', '{"a": 1,\n_"b": 2}', 2],
  ['a.json', '{"a":_1}', 1],
  ['a.toml', 'a = 1\nb_= 2\n', 2],
  ['a.toml', 'a = 1\nb =_2\n', 2],
  ['a.toml', 'a = 1\n[_b]\n', 2],
  ['a.env', 'a=1\nb=_2\n', 2],
  ['a.env', 'a=1\nb=2_ # x\n', 2],
  ['a.env', 'a=1\n_b=2\n', 2],
  ['a.env', 'a=1\nb_=2\n', 2],
  ['a.ini', 'a=1\nb = 2_\n', 2],
  ['a.ini', 'a=1\nb_ = 2\n', 2],
  ['a.ini', 'a=1\n[b_]\n', 2],
  ['a.ini', 'a=1\n_\n', 2],
  ['a.properties', 'a=1\nb = _2\n', 2],
  ['a.properties', 'a=1\n_b = 2\n', 2],
]

describe.each(BLANKS)('%j, which looks like a blank or like nothing', (char, name) => {
  it.each(TEXTS)('is rejected by its name and line: %s %j', async (file, text, line) => {
    const { issue } = await readText(file, text.replaceAll('_', char))
    expect(issue).toMatchObject({ code: 'HOT_CONFIG_SYNTAX', file, line })
    expect(issue?.message).toContain(name)
  })

  it.each([
    ['a.yaml', `key: "${char}a${char}"\n`],
    ['a.yaml', `key: '${char}a${char}'\n`],
    ['a.json', `{"key": "${char}a${char}"}`],
    ['a.toml', `key = "${char}a${char}"\n`],
    ['a.env', `key="${char}a${char}"\n`],
    ['a.ini', `key = '${char}a${char}'\n`],
  ])('is kept in quotes: %s', async (file, text) => {
    expect(await readText(file, text)).toEqual({ value: { key: `${char}a${char}` } })
  })

  it.each([
    ['a.yaml', `key: a${char}b\n`],
    ['a.yaml', `key: |-\n  ${char}`.replace(char, `a${char}b`)],
    ['a.env', `key=a${char}b\n`],
    ['a.ini', `key = a${char}b\n`],
    ['a.properties', `key = a${char}b\n`],
  ])('is kept within a text: %s', async (file, text) => {
    expect(await readText(file, text)).toEqual({ value: { key: `a${char}b` } })
  })
})

describe('a tab', () => {
  it.each([
    ['a:\n\tb: 1\n', 2],
    ['a:\n \tb: 1\n', 2],
    ['a: 1\n\tb: 1\n', 2],
    ['a:\n  b: 1\n\tc: 1\n', 3],
    ['a: [1,\t2]\n', 1],
  ])('in the indentation of YAML is rejected by its name and line: %j', async (text, line) => {
    const { issue } = await readText('a.yaml', text)
    expect(issue).toMatchObject({ line, message: expect.stringMatching(/tab/) })
  })

  it('is a blank elsewhere', async () => {
    expect(await readText('a.yaml', 'a:\tx\t# y\nb:\n  - \tc\n')).toEqual({ value: { a: 'x', b: ['c'] } })
  })
})

describe('a curly quote', () => {
  it.each([
    ['a.json', '{\u201ca": 1}', 'U+201C (curly quote)'],
    ['a.toml', 'a = \u201cx\u201d', 'U+201C (curly quote)'],
  ])('where a quote belongs is named: %s', async (file, text, name) => {
    expect((await readText(file, text)).issue?.message).toContain(name)
  })
})
