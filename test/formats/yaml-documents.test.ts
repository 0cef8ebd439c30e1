import { describe, expect, it } from 'vitest'

import { readText } from '../support/read-text.ts'

describe('a YAML text', () => {
  it.each([
    'a: 1\n---\n',
    'a: 1\n---',
    'a: 1\n--- # nothing\n',
    'a: 1\n---\n# nothing\n---\n',
    '---\na: 1\n',
    '---\n# nothing\n---\na: 1\n',
    'a: 1\n...\n',
    '---\na: 1\n...\n---\n...\n',
    '%YAML 1.2\n---\na: 1\n',
    '--- {a: 1}\n',
  ])('with one document that holds something is that document: %j', async (text) => {
    expect(await readText('a.yaml', text)).toEqual({ value: { a: 1 } })
  })

  it.each(['', '---\n', '---\n---\n', '...\n', '# nothing\n', '---\n...\n', 'null\n', '--- ~\n'])(
    'without one is empty: %j',
    async (text) => {
      expect(await readText('a.yaml', text)).toEqual({ value: {} })
    },
  )

  it.each([
    ['a: 1\n---\nb: 2\n', 2],
    ['a: 1\n---\n---\nb: 2\n', 3],
    ['---\na: 1\n---\n# x\n\nb: 2\n---\nc: 3\n', 3],
    ['a: 1\n...\n---\n- b\n', 3],
    ['a: 1\n...\n\nb: 2\n', 4],
    ['---\na: 1\n...\n# x\nb: 2\n', 5],
    ['a: 1\n--- text\n', 2],
    ['a: 1\n---\nnull\n', 2],
    ['a: |\n  x\n---\nb: 1\n', 3],
  ])('with several is rejected with the line where the second begins: %j', async (text, line) => {
    expect(await readText('a.yaml', text)).toMatchObject({
      issue: { file: 'a.yaml', line, message: 'holds several documents: expected a single document' },
    })
  })

  it('is read with its positions behind an empty document', async () => {
    const { issue } = await readText('a.yaml', '---\n---\na: 1\nb: 1e400\n---\n')
    expect(issue).toMatchObject({ line: 4, path: 'b' })
  })

  it.each([
    '%YAML 1.2 # the newest\n---\na: 1\n',
    '# a comment\n\n%YAML   1.2\n%TAG !e! tag:yaml.org,2002:\n---\na: !e!int 1\n',
    'a: 1\n...\n%YAML 1.2\n---\n',
  ])('may say that it is YAML 1.2: %j', async (text) => {
    expect(await readText('a.yaml', text)).toEqual({ value: { a: 1 } })
  })

  it.each([
    ['%YAML 1.1\n---\na: off\n', 1],
    ['# a comment\n\n%YAML 1.1 # old\n---\na: off\n', 3],
    ['%TAG ! tag:example.org,2000:\r\n%YAML 1.1\r\n---\r\na: 010\r\n', 2],
    ['%YAML 1.3\n---\na: 1\n', 1],
    ['%YAML 2.0\n---\na: 1\n', 1],
    ['%YAML\t1.1\n---\n', 1],
    ['a: 1\n...\n%YAML 1.1\n---\n', 3],
    ['---\n...\n%YAML 1.1\n---\na: 1\n', 3],
  ])('that says it is another YAML is rejected with the line: %j', async (text, line) => {
    expect(await readText('a.yaml', text)).toMatchObject({
      issue: { file: 'a.yaml', line, message: expect.stringContaining('is not YAML 1.2 by its own words') },
    })
  })

  it.each(['%FOO bar\n---\na: 1\n', '%yaml 1.2\n---\na: 1\n', '%\n---\na: 1\n'])(
    'with an unknown directive is rejected with the line: %j',
    async (text) => {
      expect(await readText('a.yaml', text)).toMatchObject({
        issue: { file: 'a.yaml', line: 1, message: expect.stringContaining('directive that is unknown') },
      })
    },
  )

  it.each([
    ['in a block', 'a: |\n  x\n  %YAML 1.1\n', 'x\n%YAML 1.1\n'],
    ['in quotes', '{a: "x\n%YAML 1.1"}\n', 'x %YAML 1.1'],
  ])('may have a percent sign %s', async (_where, text, value) => {
    expect(await readText('a.yaml', text)).toEqual({ value: { a: value } })
  })

  const anchors = 'x: &x {a: 1}\nz: &z {a: 2}\n'

  it.each([
    [`${anchors}y:\n  <<: *x\n  <<: *z\n`, 5],
    [`${anchors}y: {<<: *x,\n b: 1, <<: *z}\n`, 4],
    [`${anchors}y:\n  <<: *x\n  b: {c: {<<: *x}}\n  ? <<\n  : *z\n`, 6],
    [`${anchors}<<: *x\nb: [{<<: *x}, {<<: *z}]\n<<: *z\n`, 5],
    ['x: {<<: {a: 12345678901234567890},\n <<: {b: 1}}\n', 2],
    [`${anchors}y:\n  !!merge <<: *x\n  !!merge "": *z\n`, 5],
    [`%TAG !y! tag:yaml.org,2002:\n---\n${anchors}y:\n  !y!merge <<: *x\n  <<: *z\n`, 7],
  ])('with two merge keys in one mapping is rejected with the line of the second: %j', async (text, line) => {
    expect(await readText('a.yaml', text)).toMatchObject({
      issue: { file: 'a.yaml', line, message: expect.stringContaining('has the merge key << twice') },
    })
  })

  it('may have a merge key in every mapping, and texts of the same signs', async () => {
    const text = `${anchors}y:\n  b: {<<: *x}\n  <<: [*x, *z]\n  "<<": 3\nw: {<<: *z, c: <<}\n`
    expect(await readText('a.yaml', text)).toEqual({
      value: { x: { a: 1 }, z: { a: 2 }, y: { a: 1, b: { a: 1 }, '<<': 3 }, w: { a: 2, c: '<<' } },
    })
  })
})

describe('a backslash at the end of a line', () => {
  it.each([
    ['with the next line', 'a: 1\ne: "b\\\n   c"\n', 'bc'],
    ['with Windows line ends', 'a: 1\r\ne: "b\\\r\n  c"\r\n', 'bc'],
    ['after a backslash', 'a: 1\ne: "b\\\\\n\n  c"\n', 'b\\\nc'],
    ['before an escaped line end', 'a: 1\ne: "b\\\n  \\n\\\n  c"\n', 'b\nc'],
  ])('continues the text: %s', async (_what, text, value) => {
    expect((await readText('app.yaml', text)).value).toEqual({ a: 1, e: value })
  })

  it.each([
    ['with Unix line ends', 'a: 1\ne: "b\\\n\n  c"\n'],
    ['with Windows line ends', 'a: 1\r\ne: "b\\\r\n\r\n  c"\r\n'],
    ['with blanks in it', 'a: 1\ne: "b\\\n \t \n  c"\n'],
    ['after a backslash', 'a: 1\ne: "\\\\\\\n\n  c"\n'],
    ['in a list', 'a: 1\ne: ["b\\\n\n  c"]\n'],
  ])('is rejected before an empty line, which the parser would drop: %s', async (_what, text) => {
    const { issue } = await readText('app.yaml', text)
    expect(issue).toMatchObject({ line: 2, message: expect.stringContaining('empty line after a backslash') as string })
  })
})
