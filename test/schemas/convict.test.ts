import { ConfigError, OptionError, createHotConfig, values, volume } from '@hot-config/core'
import type { HotConfig, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import convict from 'convict'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { loadError } from '../support/load-error.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { unwatched } from '../support/unwatched.ts'

let mounted: ConfigMapVolume
const configs: HotConfig<unknown>[] = []
const argv = process.argv

beforeEach(async () => {
  mounted = await createConfigMapVolume()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  process.argv = argv
  for (const config of configs.splice(0)) await config.close()
  await mounted.remove()
})

async function start(
  schema: Schema,
  files: Record<string, string>,
  logger = recordingLogger(),
): Promise<HotConfig<unknown>> {
  await mounted.update(files)
  const config = await createHotConfig({ schema, sources: unwatched(volume(mounted.path)), logger })
  configs.push(config)
  return config
}

/** The error that a configuration does not start with. */
const failure = (schema: Schema, files: Record<string, string>): Promise<ConfigError> => loadError(start(schema, files))

describe('a convict schema', () => {
  it('gives its defaults where the sources give nothing', async () => {
    const config = await start(
      { log: { level: { default: 'info' } }, port: { format: 'port', default: 80 }, short: 1, list: ['a'] },
      {},
    )
    expect(config.current).toEqual({ log: { level: 'info' }, port: 80, short: 1, list: ['a'] })
  })

  it('coerces text by format, from every flat source', async () => {
    const schema = {
      port: { format: 'port', default: 1 },
      nat: { format: 'nat', default: 1 },
      int: { format: 'int', default: 1 },
      number: { format: Number, default: 1 },
      on: { format: Boolean, default: false },
      off: { format: 'Boolean', default: true },
      list: { format: Array, default: [] },
      object: { format: Object, default: {} },
      pattern: { format: 'RegExp', default: /x/ },
      level: { format: ['info', 'debug'], default: 'info' },
      text: { format: String, default: '' },
      any: { format: '*', default: null },
    }
    const text = [
      'port=8080\nnat=2\nint=-3\nnumber=1.5\non=true\noff=false\nlist=a,b\nobject={"a":{"b":1}}',
      'pattern=^a+$\nlevel=debug\ntext=5\nany=x',
    ].join('\n')
    const expected = {
      port: 8080,
      nat: 2,
      int: -3,
      number: 1.5,
      on: true,
      off: false,
      list: ['a', 'b'],
      object: { a: { b: 1 } },
      pattern: /^a+$/,
      level: 'debug',
      text: '5',
      any: 'x',
    }
    expect((await start(schema, { 'a.properties': text })).current).toEqual(expected)
    const scalars = Object.fromEntries(text.split('\n').map((line) => line.split('=') as [string, string]))
    expect((await start(schema, scalars)).current).toEqual(expected)
  })

  it('keeps objects and arrays that come as such', async () => {
    const schema = { object: { format: Object, default: {} }, list: { format: Array, default: [] } }
    const config = await start(schema, { 'a.yaml': 'object: {b: {c: [1]}}\nlist: [{d: 1}]' })
    expect(config.current).toEqual({ object: { b: { c: [1] } }, list: [{ d: 1 }] })
  })

  it('keeps to its precedence: defaults, sources, environment, arguments', async () => {
    const entry = (name: string): object => ({ default: 'default', env: `CT_${name}`, arg: `ct-${name.toLowerCase()}` })
    const schema = { a: entry('A'), b: entry('B'), c: entry('C'), d: entry('D') }
    vi.stubEnv('CT_C', 'environment')
    vi.stubEnv('CT_D', 'environment')
    process.argv = [...argv, '--ct-d', 'argument']
    const config = await start(schema, { b: 'source', c: 'source', d: 'source' })
    expect(config.current).toEqual({ a: 'default', b: 'source', c: 'environment', d: 'argument' })
  })

  it('tells by path what an environment variable pins, in health and in the log, once', async () => {
    vi.stubEnv('CT_LEVEL', 'error')
    vi.stubEnv('CT_PORT', '8080')
    const logger = recordingLogger()
    const schema = {
      log: { level: { default: 'info', env: 'CT_LEVEL' } },
      port: { format: 'port', default: 1, env: 'CT_PORT' },
      other: { default: 'x', env: 'CT_UNSET' },
    }
    const config = await start(schema, { 'a.yaml': 'log: {level: debug}\nport: 8080\nother: y' }, logger)
    expect(config.current).toEqual({ log: { level: 'error' }, port: 8080, other: 'y' })
    expect(config.health()).toMatchObject({ status: 'pass', pinnedByEnvironment: ['log.level'] })
    await mounted.update({ 'a.yaml': 'log: {level: trace}\nport: 8080\nother: z' })
    expect(await config.reload()).toBe('changed')
    const warnings = logger.at('warn')
    expect(warnings).toEqual([
      {
        level: 'warn',
        details: { paths: ['log.level'] },
        message: expect.stringMatching(/environment.*: log\.level$/),
      },
    ])
  })

  it('takes formats that were added to convict, with their coercion, and functions as formats', async () => {
    convict.addFormat({
      name: 'test-percent',
      validate: (value: unknown) => {
        if (typeof value !== 'number' || value < 0 || value > 1) throw new Error('must be a percentage')
      },
      coerce: (value: unknown) => Number.parseFloat(String(value)) / 100,
    })
    convict.addFormats({ 'test-even': { validate: isEven } })
    const schema = {
      share: { format: 'test-percent', default: 0 },
      even: { format: 'test-even', default: 0 },
      odd: { format: isOdd, default: 1 },
    }
    expect((await start(schema, { 'a.yaml': 'share: 25%\neven: 4\nodd: 3' })).current).toEqual({
      share: 0.25,
      even: 4,
      odd: 3,
    })
    const { issues } = await failure(schema, { 'a.yaml': 'share: 250%\neven: 5\nodd: 4' })
    expect(issues.map(({ path, message, line }) => [path, message, line])).toEqual([
      ['share', 'must be a percentage', 1],
      ['even', 'must be even', 2],
      ['odd', 'must be odd', 3],
    ])
  })

  it('takes null where an entry is nullable, and refuses it elsewhere', async () => {
    const schema = { a: { format: String, default: 'x', nullable: true }, b: { format: String, default: 'x' } }
    expect((await start(schema, { 'a.yaml': 'a: null' })).current).toEqual({ a: null, b: 'x' })
    const error = await failure(schema, { 'a.yaml': 'a: null\nb: null' })
    expect(error.message).toMatch(/a\.yaml:2:1 b: must be of type String$/)
  })

  it('logs the paths it does not declare, once, and takes them', async () => {
    const logger = recordingLogger()
    const config = await start(
      { a: 1, o: { default: {} } },
      { 'a.yaml': 'a: 2\nb: {c: 1, d: [1]}\no: {any: 1}' },
      logger,
    )
    expect(config.current).toEqual({ a: 2, b: { c: 1, d: [1] }, o: { any: 1 } })
    await mounted.update({ 'a.yaml': 'a: 3\nb: {c: 2, d: [1]}\no: {any: 1}' })
    await config.reload()
    const warnings = logger.at('warn')
    expect(warnings.map(({ details }) => details)).toEqual([{ paths: ['b.c', 'b.d'] }])
    expect(warnings[0]?.message).toBe('not declared in the schema: b.c, b.d')
  })

  it('lists every problem with its path, its file and its line, whatever the format of the file', async () => {
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
    const source = `volume:${mounted.path}`
    const places = issues.map((issue) => [issue.source, issue.file, issue.line, issue.column, issue.path])
    expect(places.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      [source, '1.json', 2, 3, 'a'],
      [source, '2.yaml', 3, 3, 'b.c'],
      [source, '2.yaml', 4, 3, 'b.d'],
      [source, '3.toml', 3, undefined, 'e'],
      [source, '4.properties', 4, 1, 'g.h'],
      [source, '5.ini', 4, undefined, 'g.i'],
      [source, '6.env', 1, undefined, 'z.h'],
      [source, 's', undefined, undefined, 's'],
    ])
    expect(message).toContain(`\n  ${source} 2.yaml:4:3 b.d: must be one of the possible values: ["x","y"]\n`)
    expect(message).not.toMatch(/value was|99999/)
  })

  it('names the place that counts when several give the value', async () => {
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

  it('does not take the last part of a path for the path', async () => {
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

  it('says what is missing when a section was replaced by a value', async () => {
    const { message } = await failure({ log: { level: { default: 'x' } } }, { 'a.yaml': 'a: 1\nlog: text' })
    expect(message).toMatch(/a\.yaml:2:1 log\.level: is missing: its parent was replaced by a value$/)
  })

  it.each([
    ['an object', { format: Object, default: {} }, 'not JSON hunter22'],
    ['a pattern', { format: RegExp, default: /x/ }, '(hunter22'],
  ])('refuses text that is no form of %s, by place, without quoting it', async (_what, leaf, text) => {
    const error = await failure({ a: 1, deep: { thing: leaf } }, { 'a.yaml': `a: 2\ndeep:\n  thing: "${text}"` })
    expect(error.message).toMatch(/a\.yaml:3:3 deep\.thing: is not of a form that its format takes$/)
    expect(error.issues).toHaveLength(1)
    expect(wholeError(error)).not.toContain('hunter22')
  })

  it('names the environment variable that gives a bad value, without quoting it', async () => {
    vi.stubEnv('CT_OBJECT', 'no JSON hunter22')
    vi.stubEnv('CT_EVEN', '7hunter22')
    vi.stubEnv('CT_PORT', '99999')
    const object = { a: { format: Object, default: {}, env: 'CT_OBJECT' } }
    const error = await failure(object, {})
    expect(error.message).toBe('env:CT_OBJECT a: is not of a form that its format takes')
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

  it('refuses an object where a value belongs and a value of the wrong type', async () => {
    const schema = { port: { format: 'port', default: 1 }, name: { format: String, default: 'x' } }
    const { issues } = await failure(schema, { 'a.yaml': 'port: {a: {b: 1}}\nname: [1]' })
    expect(issues.map(({ path, line }) => [path, line])).toContainEqual(['port', 1])
    const other = await failure(schema, { 'a.yaml': 'port: true\nname: 5' })
    expect(other.issues.map(({ path, message }) => [path, message])).toEqual([
      ['port', 'ports must be within range 0 - 65535'],
      ['name', 'must be of type String'],
    ])
  })

  it('says of a name with a dot in it that convict can not take it', async () => {
    const { message } = await failure({ labels: { default: {} } }, { 'a.yaml': 'labels:\n  app.kubernetes.io/name: x' })
    expect(message).toMatch(/a\.yaml:2:3 labels\["app\.kubernetes\.io\/name"\]: has a dot in its name/)
  })

  it('never shows what it calls sensitive', async () => {
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
    await mounted.update({ 'a.yaml': 'password: hunter33\npin: 774422' })
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

  it('never remembers what an earlier update gave', async () => {
    const config = await start({ a: 1, b: { default: {} } }, { 'a.yaml': 'a: 2\nb: {x: 1}\nextra: 1' })
    await mounted.update({ 'a.yaml': 'b: {y: 1}' })
    await config.reload()
    expect(config.current).toEqual({ a: 1, b: { y: 1 } })
  })

  it('leaves the schema as it is, and can be used twice at once', async () => {
    const schema = { list: { format: Array, default: ['a'] }, o: { default: { x: { y: 1 } } } }
    const copy = structuredClone({ list: { default: schema.list.default }, o: schema.o })
    const [one, two] = await Promise.all([start(schema, { list: 'b' }), start(schema, { list: 'b' })])
    expect(one.current).toEqual(two.current)
    expect({ list: { default: schema.list.default }, o: schema.o }).toEqual(copy)
    expect(Object.isFrozen(schema.o.default.x)).toBe(false)
  })
})

describe('what is no schema', () => {
  it.each([
    [
      'an unknown format',
      { a: { b: { format: 'no-such-format', default: 1 } } },
      /'a\.b' uses an unknown format type: no-such-format/,
    ],
    [
      'two entries for one argument',
      { a: { default: 1, arg: 'x' }, b: { default: 1, arg: 'x' } },
      /reuses a command-line argument: x/,
    ],
    ['a format of the wrong kind', { a: { format: 5, default: 1 } }, /must be a function or a known format/],
    ['what convict() returned', convict({ a: 1 }), /the object that is given to convict\(\) \(not what it returns\)/],
    ['a number', 5, /expected the object that is given to convict/],
    ['null', null, /expected the object that is given to convict/],
    ['a list', [{ a: 1 }], /expected the object that is given to convict/],
  ])('%s is a mistake in the program, told at the start', async (_what, schema, says) => {
    const starting = createHotConfig({ schema: schema as never, sources: values({}), logger: false })
    await expect(starting).rejects.toBeInstanceOf(OptionError)
    await expect(starting).rejects.toMatchObject({ code: 'HOT_CONFIG_OPTION', message: expect.stringMatching(says) })
  })
})

function isEven(value: unknown): void {
  if (Number(value) % 2 !== 0) throw new Error('must be even')
}

function isOdd(value: unknown): void {
  if (Number(value) % 2 !== 1) throw new Error('must be odd')
}

/** As many formats do. */
function quoting(value: unknown): void {
  if (String(value).startsWith('bad') || String(value).startsWith('7hunter')) throw new Error(`${String(value)} is bad`)
}
