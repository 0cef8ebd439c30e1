import { createHotConfig, values } from '@hot-config/core'
import convict from 'convict'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { useVolume } from './use-volume.ts'

const used = useVolume()
const { start, failure } = used

afterEach(() => vi.unstubAllEnvs())

describe('the error of a convict schema', () => {
  it('lists every problem with its path, its file and its line, in every format', async () => {
    const schema = {
      a: { format: 'port', default: 1 },
      b: { c: { format: 'nat', default: 1 }, d: { format: ['x', 'y'], default: 'x' } },
      e: { format: Boolean, default: true },
      f: { format: 'int', default: 1 },
      g: { h: { format: 'int', default: 1 }, i: { format: 'int', default: 1 } },
      z: { h: { format: 'int', default: 1 } },
      s: { format: 'int', default: 1 },
    }
    const { issues, message } = await failure(schema, {
      '1.json': '{\n  "a": 99999\n}',
      '2.yaml': '# first\nb:\n  c: -1\n  d: z\n',
      '3.toml': '# e = 1\n\ne = 5\n',
      '4.properties': '# f=1\n\nf=1.x\ng.h=\\\n  one\n',
      '5.ini': '[z]\nh=1\n[g]\ni = none\n',
      '6.env': 'z.h="one\n"\n',
      s: 'text\n',
    })
    const source = `volume:${used.mounted.path}`
    const places = issues.map((issue) => [issue.source, issue.file, issue.line, issue.column, issue.path])
    expect(places.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      [source, '1.json', 2, 3, 'a'],
      [source, '2.yaml', 3, 3, 'b.c'],
      [source, '2.yaml', 4, 3, 'b.d'],
      [source, '3.toml', 3, 1, 'e'],
      [source, '4.properties', 3, 1, 'f'],
      [source, '4.properties', 4, 1, 'g.h'],
      [source, '5.ini', 4, undefined, 'g.i'],
      [source, '6.env', 1, undefined, 'z.h'],
      [source, 's', undefined, undefined, 's'],
    ])
    expect(message).toContain(`\n  ${source} 2.yaml:4:3 b.d: must be one of the possible values: ["x","y"]\n`)
    expect(message).not.toMatch(/value was|99999/)
  })

  it('names the file whose value counts when several set it', async () => {
    const schema = { log: { level: { format: ['a', 'b'], default: 'a' }, size: { format: 'int', default: 1 } } }
    const { issues } = await failure(schema, {
      '1.yaml': 'log: {level: x, size: none}',
      '2.yaml': '\n\nlog: {level: y}',
    })
    expect(issues).toMatchObject([
      { path: 'log.level', file: '2.yaml', line: 3 },
      { path: 'log.size', file: '1.yaml', line: 1 },
    ])
  })

  it('finds the line of the whole path, not of its last part', async () => {
    const schema = { http: { level: { format: 'int', default: 1 } }, log: { level: { default: 'x' } } }
    for (const [key, text, line] of [
      ['a.properties', 'log.level=x\nhttp.level=y', 2],
      ['a.env', 'log.level=x\n\nhttp.level=y', 3],
      ['a.ini', '[log]\nlevel=x\n[http]\nlevel=y', 4],
      ['a.toml', '[log]\nlevel="""\nlevel = 1\n"""\n[http]\nlevel="y"', 6],
    ] as const) {
      const { issues } = await failure(schema, { [key]: text })
      expect(issues).toMatchObject([{ path: 'http.level', file: key, line }])
    }
  })

  it('names what is missing when a section was replaced by a value', async () => {
    const { message } = await failure({ log: { level: { default: 'x' } } }, { 'a.yaml': 'a: 1\nlog: text' })
    expect(message).toMatch(/a\.yaml:2:1 log\.level: is missing: its parent was replaced by a value$/)
  })

  it.each([
    ['a list', { default: ['a'] }, '{a: 1}', 'expected a list, got an object'],
    ['an empty list', { default: [] }, '{}', 'expected a list, got an object'],
    ['a list with a format', { format: Array, default: ['a'] }, '{a: 1}', 'expected a list, got an object'],
    ['a list, in text', { default: ['a'] }, `'{"a": 1}'`, 'expected a JSON array'],
    ['a number', { format: 'port', default: 1 }, '{a: 1}', 'expected a single value, got an object'],
    ['a pattern', { format: RegExp, default: /x/ }, '{}', 'expected a single value, got an object'],
    ['a text', { default: 'x' }, '{a: {b: 1}}', 'expected a single value, got an object'],
    [
      'an object with a text as its default',
      { format: Object, default: '{"a": 1}' },
      '{a: 1}',
      'is an object, so convict needs an object as its default as well',
    ],
  ])(
    'is not the default for an object in place of %s, nor does it call it missing',
    async (_what, entry, yaml, text) => {
      const error = await failure({ n: 1, x: entry }, { 'a.yaml': `n: 2\nx: ${yaml}` })
      expect(error.message).toMatch(/a\.yaml:2:1 x: [^\n]*$/)
      expect(error.issues).toMatchObject([{ path: 'x', message: text }])
    },
  )

  it.each([
    ['a JSON object', { format: Object, default: {} }, 'not JSON hunter22'],
    ['a JSON object', { format: Object, default: { a: 1 } }, '{hunter22: 1}'],
    ['a JSON object', { default: {} }, 'hunter22'],
    ['a JSON array', { default: [] }, 'hunter22,b'],
    ['a regular expression', { format: RegExp, default: /x/ }, '(hunter22'],
  ])('names the place of text that is no form of %s, without quoting it', async (expected, leaf, text) => {
    const error = await failure({ a: 1, deep: { thing: leaf } }, { 'a.yaml': `a: 2\ndeep:\n  thing: "${text}"` })
    expect(error.message).toMatch(/a\.yaml:3:3 deep\.thing: [^:]*$/)
    expect(error.message).toContain(`deep.thing: expected ${expected}`)
    expect(error.issues).toHaveLength(1)
    expect(wholeError(error)).not.toContain('hunter22')
  })

  it('names the environment variable that has a bad value, without quoting it', async () => {
    vi.stubEnv('CT_OBJECT', 'no JSON hunter22')
    vi.stubEnv('CT_EVEN', '7hunter22')
    vi.stubEnv('CT_PORT', '99999')
    const object = { a: { format: Object, default: {}, env: 'CT_OBJECT' } }
    const error = await failure(object, {})
    expect(error.message).toBe('env:CT_OBJECT a: expected a JSON object')
    expect(wholeError(error)).not.toContain('hunter22')
    const others = {
      a: { format: quoting, default: 'x', env: 'CT_EVEN' },
      b: { format: 'port', default: 1, env: 'CT_PORT' },
    }
    const { message } = await failure(others, {})
    expect(message).toContain('env:CT_EVEN a: this value is bad')
    expect(message).toContain('env:CT_PORT b: ports must be within range 0 - 65535')
    expect(message).not.toMatch(/hunter22|99999/)
  })

  it.each<[unknown[], unknown, unknown]>([
    [[true, false], null, 'off'],
    [[true, false], undefined, 5],
    [[1, 2], 1, 3],
    [[1, 2], null, '1x'],
    [['1', '10'], '10', 'x'],
    [['this', 'null'], 'this', true],
  ])('names the choices %j in full, with the default %j and the value %j', async (format, byDefault, given) => {
    const { issues } = await failure({ x: { format, default: byDefault } }, { 'a.json': JSON.stringify({ x: given }) })
    expect(issues).toHaveLength(1)
    const possible = `must be one of the possible values: ${JSON.stringify(format)}`
    expect(issues[0]?.message.replace(/; this value is .*: quote it$/, '')).toBe(possible)
  })

  it('advises to quote a choice of texts, whatever the default', async () => {
    for (const byDefault of ['1', null]) {
      const { issues } = await failure({ x: { format: ['1', '2'], default: byDefault } }, { 'a.yaml': 'x: 1' })
      const message = 'must be one of the possible values: ["1","2"]; this value is a number: quote it'
      expect(issues).toMatchObject([{ message }])
    }
  })

  it('names the path of an object in place of a value and of a value of the wrong type', async () => {
    const schema = { port: { format: 'port', default: 1 }, name: { format: String, default: 'x' } }
    const { issues } = await failure(schema, { 'a.yaml': 'port: {a: {b: 1}}\nname: [1]' })
    expect(issues.map(({ path, line }) => [path, line])).toContainEqual(['port', 1])
    const other = await failure(schema, { 'a.yaml': 'port: true\nname: 5' })
    expect(other.issues.map(({ path, message }) => [path, message])).toEqual([
      ['port', 'ports must be within range 0 - 65535'],
      ['name', 'must be of type String; this value is a number: quote it'],
    ])
  })

  it("names the path of a name with a dot, which convict can't handle", async () => {
    const { message } = await failure({ labels: { default: {} } }, { 'a.yaml': 'labels:\n  app.kubernetes.io/name: x' })
    expect(message).toMatch(/a\.yaml:2:3 labels\["app\.kubernetes\.io\/name"\]: has a dot in its name/)
  })

  it('names the path of an empty name, which is the whole for convict', async () => {
    const { message } = await failure({ a: 1, o: { default: {} } }, { 'a.yaml': "a: 2\n'': 1\no: {'': 1}" })
    expect(message).toMatch(/a\.yaml:2:1 \[""\]: has an empty name/)
  })

  it('says what an object in an object needs', async () => {
    for (const format of [undefined, () => undefined]) {
      const entry = { default: { a: 1 }, ...(format && { format }) }
      const { issues } = await failure({ o: entry }, { 'a.yaml': 'o:\n  b: {c: 1}' })
      const message = 'has an object in it, which convict accepts only with format: Object'
      expect(issues).toMatchObject([{ path: 'o', line: 1, message }])
    }
    const object = { o: { format: Object, default: { a: 1 } } }
    expect((await start(object, { 'a.yaml': 'o:\n  b: {c: 1}' })).current).toEqual({ o: { a: 1, b: { c: 1 } } })
  })

  it('has all lines of a message, even of one that begins like that of another entry, and no value', async () => {
    convict.addFormat({
      name: 'list-of-sources',
      validate(sources: object[], { children }: convict.SchemaObj & { children?: object }) {
        for (const source of sources)
          convict({ ...children })
            .load(source)
            .validate()
      },
    })
    const text = { format: String, default: '' }
    const children = { kind: { format: ['git', 'hg'], default: 'git' }, url: text, note: text }
    const schema = {
      url: text,
      sources: { format: 'list-of-sources', default: [], children },
      port: { format: 'port', default: 1 },
    }
    const yaml = 'url: x\nsources:\n  - {kind: svn-hunter22, url: 50055, note: hunter33}\nport: 700000'
    const error = await failure(schema, { 'a.yaml': yaml })
    const message = 'url: must be of type String\nkind: must be one of the possible values: ["git","hg"]'
    expect(error.issues.map(({ path, line, message: said }) => [path, line, said.split('\n').toSorted()])).toEqual([
      ['sources', 2, message.split('\n').toSorted()],
      ['port', 4, ['ports must be within range 0 - 65535']],
    ])
    expect(wholeError(error)).not.toMatch(/hunter|50055|700000/)
  })

  it.each<[string, () => never]>([
    ['a text', () => toss('is wrong')],
    ['nothing', () => toss(undefined)],
    ['an error that is frozen', () => toss(Object.freeze(new Error('is wrong')))],
    ['an error without a message', () => toss(new Error())],
  ])('names the place where a format throws %s', async (_what, format) => {
    const schema = {
      deep: { x: { format: (x: unknown) => x !== 'a' && format(), default: 'a' } },
      n: { format: 'int', default: 1 },
    }
    const { issues } = await failure(schema, { 'a.yaml': 'deep:\n  x: b\nn: 1.5' })
    expect(issues).toMatchObject([
      { path: 'deep.x', line: 2, message: 'is not of the form that its format expects' },
      { path: 'n', line: 3, message: 'must be an integer' },
    ])
  })

  it("names the place of a value that convict can't quote", async () => {
    const schema = { n: { format: 'int', default: 1 }, m: { format: 'int', default: 1 } }
    const starting = createHotConfig({ schema, sources: values({ n: 5n, m: 1.5 }), logger: false })
    await expect(starting).rejects.toMatchObject({
      issues: [
        { path: 'n', source: 'values', message: 'is not of the form that its format expects' },
        { path: 'm', source: 'values', message: 'must be an integer' },
      ],
    })
  })

  it('never shows values that the schema marks as sensitive', async () => {
    const schema = {
      password: { format: quoting, default: '', sensitive: true },
      pin: { format: 'int', default: 0, sensitive: true },
      other: { format: quoting, default: '' },
    }
    const error = await failure(schema, { 'a.yaml': 'password: bad-hunter22\npin: bad-hunter33\nother: bad-open' })
    expect(error.issues.map(({ path, message }) => [path, message])).toEqual([
      ['password', 'is not valid ([redacted])'],
      ['pin', 'is not valid ([redacted])'],
      ['other', 'this value is bad'],
    ])
    expect(wholeError(error)).not.toMatch(/hunter|bad-open/)
    const logger = recordingLogger()
    const config = await start(schema, { 'a.yaml': 'password: hunter22\npin: 774411' }, logger)
    await used.mounted.update({ 'a.yaml': 'password: hunter33\npin: 774422' })
    expect(await config.reload()).toBe('changed')
    expect(config.history()).toMatchObject([
      {
        differences: [
          { path: 'password', before: '[redacted]', after: '[redacted]' },
          { path: 'pin', before: '[redacted]', after: '[redacted]' },
        ],
      },
    ])
    expect(outwardText(config, logger)).not.toMatch(/hunter|7744/)
  })
})

/** As many formats do. */
function quoting(value: unknown): void {
  if (String(value).startsWith('bad') || String(value).startsWith('7hunter')) throw new Error(`${String(value)} is bad`)
}

function toss(thrown: unknown): never {
  throw thrown
}
