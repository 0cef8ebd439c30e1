import { describe, expect, it } from 'vitest'

import { CliFolder } from '../support/cli.ts'

const TEXT = 'log:\n  # it\'s "quoted" \\\n  level: info\n\npool:\n  - one: 1\n    needle: wrong\n'
const FLAT = 'log: {level: info}, needle: wrong'
const SCHEMA = `
const find = (value, path = []) => Object.entries(value).flatMap(([key, below]) =>
  key === 'needle' ? [[...path, key]] : typeof below === 'object' ? find(below, [...path, key]) : [])
const validate = (input) => {
  const issues = find(input).map((path) => ({ path, message: 'is wrong' }))
  return issues.length > 0 ? { issues } : { value: input }
}
export default { '~standard': { version: 1, vendor: 'test', validate } }
`

const indented = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by))
const map = (data: string): string => `kind: ConfigMap\nmetadata:\n  name: a\n${data}`

/** One text, in every style of YAML and JSON. Each has the word `needle` once. */
const STYLES: Readonly<Record<string, string>> = {
  'a literal block': map(`data:\n  app.yaml: |\n${indented(TEXT, 4)}`),
  'a literal block with a comment and blank lines': map(`data:\n  app.yaml: |- # text\n\n\n${indented(TEXT, 4)}\n\n`),
  'a literal block with an indentation indicator': map(
    `data:\n  app.yaml: |2+\n${indented(`  ${TEXT}`, 4).replace('      log', '    log')}`,
  ),
  'a literal block without more indentation': map(`data:\n app.yaml: |\n${indented(TEXT, 2)}`),
  'Windows line ends': map(`data:\n  app.yaml: |\n${indented(TEXT, 4)}`).replaceAll('\n', '\r\n'),
  'a folded block': map(`data:\n  app.yaml: >\n    {log: {level: info},\n    pool: 1,\n    needle: wrong}\n`),
  'a folded block with indented lines': map(
    `data:\n  app.yaml: >-\n    log: a\n\n    pool:\n      x: 1\n      needle: wrong\n`,
  ),
  'single quotes': map(`data:\n  app.yaml: '{log: "it''s", \n    needle: wrong}'\n`),
  'double quotes': map(`data:\n  app.yaml: ${JSON.stringify(TEXT)}\n`),
  'double quotes over several lines': map(
    `data:\n  app.yaml: "log: \\x41\\u0042\\U00000043\\n\\\n    pool: 1\\n\\\n    needle: \\"wrong\\""\n`,
  ),
  'no quotes': map('data:\n  app.env: needle=wrong\n'),
  'compact JSON': JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'a' }, data: { 'app.yaml': TEXT } }),
  'JSON with indentation': JSON.stringify(
    { kind: 'ConfigMap', metadata: { name: 'a' }, data: { 'app.yaml': TEXT } },
    null,
    '\t',
  ),
  'a list': `kind: List\nitems:\n  - kind: ConfigMap\n    metadata: { name: a }\n    data:\n      app.yaml: |\n${indented(TEXT, 8)}`,
  'an anchor': map(`x: &text |\n${indented(TEXT, 2)}data:\n  app.yaml: *text\n`),
  'the second document': `a: 1\n---\n${map(`data:\n  app.yaml: |\n${indented(TEXT, 4)}`)}`,
  'JSON in a block': map(`data:\n  app.json: |\n    {\n      "a": 1,\n      "needle": 2\n    }\n`),
  'TOML in a block': map(`data:\n  app.toml: |\n    [a]\n    b = 1\n    needle = 2\n`),
  'a key': map(`data:\n  a: b\n  needle: wrong\n`),
  'other than ASCII before it': map(`data:\n  app.yaml: "ä: '😀 \\ud83d\\ude00'\\nneedle: 1"\n`),
  'a flow mapping in a Secret': `kind: Secret\nmetadata: {name: a}\nstringData: {app.yaml: "{${FLAT}}"}\n`,
}

/** Contents without any text, which are no JSON, and a key without any. */
const MISSING: Readonly<Record<string, readonly [data: string, line: number, column: number]>> = {
  'nothing after the key': ['data:\n  a: b\n  app.json:\n', 6, 3],
  'nothing in a flow mapping': ['data: { a: b, app.json: }\n', 4, 15],
  'only a tag': ['data:\n  app.json: !!str\n', 5, 3],
  'only an anchor': ['data:\n  app.json: &a\n', 5, 3],
  'an alias of nothing': ['x:\n  y: &a\ndata:\n  app.json: *a\n', 5, 3],
  null: ['data:\n  app.json: ~\n', 5, 13],
  'an empty text': ['data:\n  app.json: ""\n', 5, 14],
  'an empty block, at its end': ['data:\n  app.json: |\n  b: c\n', 6, 1],
  'a key without a name': ['data:\n  a: b\n  : c\n', 5, 3],
}

describe('the place of a problem', () => {
  it.each(Object.entries(STYLES))('is where the value is in the manifest: %s', async (_, manifest) => {
    const offset = manifest.indexOf('needle')
    expect(offset).toBe(manifest.lastIndexOf('needle'))
    const lines = manifest.slice(0, offset).split('\n')
    const line = lines.length
    // the position of a name in JSON is that of its quote
    const column =
      (lines.at(-1)?.length ?? 0) + 1 - (manifest[offset - 1] === '"' && manifest.includes('app.json') ? 1 : 0)
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA })
    const { stdout } = await folder.run(['validate', '--schema', 'config.mjs', '--json', '-'], { input: manifest })
    const { findings } = JSON.parse(stdout) as { findings: object[] }
    expect(findings).toEqual([expect.objectContaining({ line, column })])
  })

  it.each(Object.entries(MISSING))(
    'is where nothing is written, or at its key: %s',
    async (_, [data, line, column]) => {
      await using folder = await CliFolder.create({ 'config.mjs': SCHEMA })
      const { stdout } = await folder.run(['validate', '--schema', 'config.mjs', '--json', '-'], { input: map(data) })
      const { findings } = JSON.parse(stdout) as { findings: object[] }
      expect(findings).toEqual([expect.objectContaining({ level: 'error', line, column })])
    },
  )
})
