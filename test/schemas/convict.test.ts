import { OptionError, createHotConfig, values } from '@hot-config/core'
import convict from 'convict'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { recordingLogger } from '../support/recording-logger.ts'
import { useVolume } from './use-volume.ts'

const used = useVolume()
const { start, failure } = used
const argv = process.argv

afterEach(() => {
  vi.unstubAllEnvs()
  process.argv = argv
})

describe('a convict schema', () => {
  it('uses its defaults for what the sources do not set', async () => {
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

  it('keeps objects and arrays that are not text', async () => {
    const schema = { object: { format: Object, default: {} }, list: { format: Array, default: [] } }
    const config = await start(schema, { 'a.yaml': 'object: {b: {c: [1]}}\nlist: [{d: 1}]' })
    expect(config.current).toEqual({ object: { b: { c: [1] } }, list: [{ d: 1 }] })
  })

  it('keeps its precedence: defaults, sources, environment, arguments', async () => {
    const entry = (name: string): object => ({ default: 'default', env: `CT_${name}`, arg: `ct-${name.toLowerCase()}` })
    const schema = { a: entry('A'), b: entry('B'), c: entry('C'), d: entry('D') }
    vi.stubEnv('CT_C', 'environment')
    vi.stubEnv('CT_D', 'environment')
    process.argv = [...argv, '--ct-d', 'argument']
    const config = await start(schema, { b: 'source', c: 'source', d: 'source' })
    expect(config.current).toEqual({ a: 'default', b: 'source', c: 'environment', d: 'argument' })
  })

  it('reports the path that an environment variable pins, in health and once in the log', async () => {
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
    await used.mounted.update({ 'a.yaml': 'log: {level: trace}\nport: 8080\nother: z' })
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

  it('uses formats that were added to convict, with their coercion, and functions as formats', async () => {
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

  it('accepts null for a nullable entry, and rejects it elsewhere', async () => {
    const schema = { a: { format: String, default: 'x', nullable: true }, b: { format: String, default: 'x' } }
    expect((await start(schema, { 'a.yaml': 'a: null' })).current).toEqual({ a: null, b: 'x' })
    const error = await failure(schema, { 'a.yaml': 'a: null\nb: null' })
    expect(error.message).toMatch(/a\.yaml:2:1 b: must be of type String$/)
  })

  it('reports undeclared names, once, and serves them', async () => {
    const logger = recordingLogger()
    const config = await start(
      { a: 1, o: { default: {} } },
      { 'a.yaml': 'a: 2\nb: {c: 1, d: [1]}\no: {any: 1}' },
      logger,
    )
    expect(config.current).toEqual({ a: 2, b: { c: 1, d: [1] }, o: { any: 1 } })
    await used.mounted.update({ 'a.yaml': 'a: 3\nb: {c: 2, d: [1]}\no: {any: 1}' })
    await config.reload()
    const warnings = logger.at('warn')
    const place = { source: `volume:${used.mounted.path}`, file: 'a.yaml', line: 2, column: 1 }
    const warning = { ...place, path: 'b', message: 'is unknown to the schema' }
    expect(warnings.map(({ details }) => details)).toEqual([{ warnings: [warning] }])
  })

  it('never remembers the values of an earlier update', async () => {
    const config = await start({ a: 1, b: { default: {} } }, { 'a.yaml': 'a: 2\nb: {x: 1}\nextra: 1' })
    await used.mounted.update({ 'a.yaml': 'b: {y: 1}' })
    await config.reload()
    expect(config.current).toEqual({ a: 1, b: { y: 1 } })
  })

  it('is not changed, and can be used twice at once', async () => {
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
    ['a format that is async', { a: { b: { format: async () => {}, default: 1 } } }, /format of a\.b is async/],
    ['a format of the wrong kind', { a: { format: 5, default: 1 } }, /must be a function or a known format/],
    ['what convict() returned', convict({ a: 1 }), /the object that is given to convict\(\) \(not what it returns\)/],
    ['a number', 5, /expected the object that is given to convict/],
    ['null', null, /expected the object that is given to convict/],
    ['a list', [{ a: 1 }], /expected the object that is given to convict/],
  ])('%s is an option error at the start', async (_what, schema, says) => {
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
