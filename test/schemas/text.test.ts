import { createHotConfig, values, volume } from '@hot-config/core'
import type { ConfigError, HotConfig, Issue, Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import convict from 'convict'
import * as moment from 'convict-format-with-moment'
import * as validator from 'convict-format-with-validator'
import * as fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { unwatched } from '../support/unwatched.ts'
import { proves } from '../requirements.ts'

proves('text-is-exact')

const argv = process.argv

beforeAll(() => {
  // moment reports a deprecation when convict passes it a text that is no date
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  convict.addFormats({
    duration: moment.duration,
    timestamp: moment.timestamp,
    email: validator.email,
    ipaddress: validator.ipaddress,
    url: validator.url,
    'text-percent': { validate: isNumber, coerce: (text: string) => Number.parseFloat(text) / 100 },
    'text-even': { validate: isEven },
  })
})

afterEach(() => {
  vi.unstubAllEnvs()
  process.argv = argv
})

function isNumber(value: unknown): void {
  if (typeof value !== 'number') throw new Error('must be a number')
}

function isEven(value: unknown): void {
  if (Number(value) % 2 !== 0) throw new Error('must be even')
}

/** The ways in which a text reaches an entry of convict. */
const WAYS = {
  source: (text: string) => ({ x: text }),
  environment(text: string) {
    vi.stubEnv('TEXT_TEST', text)
    return {}
  },
  argument(text: string) {
    process.argv = [...argv.slice(0, 2), `--text-test=${text}`]
    return {}
  },
} as const

type Way = keyof typeof WAYS

/** What a text becomes, or the problem that it is. */
async function read(entry: object, way: Way, text: string): Promise<{ value: unknown } | { issue: Issue }> {
  const given = WAYS[way](text)
  const schema = { x: { ...entry, env: 'TEXT_TEST', arg: 'text-test' } }
  try {
    await using config: HotConfig<object> = await createHotConfig({ schema, sources: values(given), logger: false })
    return { value: config.get('x' as never) }
  } catch (error) {
    const { issues } = error as ConfigError
    expect(issues).toHaveLength(1)
    return { issue: issues[0] as Issue }
  }
}

const NO_BOOLEANS = ['off', 'no', 'on', 'yes', '0', '1', '', ' ', 'flase', ' true ', 'false ', 'null', 't', 'disabled']
const NO_NUMBERS = [
  ...'30s 12abc 1_000 1,000 0x10 0b1 Infinity -Infinity NaN null true 8080/tcp 10% --1 1e e5 . ١٢ \u00a05'.split(' '),
  ...'1234567890123456789 1e400 1e-400 0.12345678901234567891'.split(' '),
  '',
  ' ',
  '1 000',
]
const WHOLE: Record<string, unknown> = {
  8080: 8080,
  '08080': 8080,
  ' 80 ': 80,
  '+7': 7,
  '1e+03': 1000,
  '2.0': 2,
  '-0': 0,
}
const NO_WHOLE = [...NO_NUMBERS, '1.5', '1e-1', '.5']
const isPipe = '\\\\.\\pipe\\app'

/** Every format of convict, with the texts that it accepts and what they become, and those that it rejects. */
const FORMATS: Readonly<
  Record<string, [entry: object, accepted: Record<string, unknown>, rejected: readonly string[]]>
> = {
  Boolean: [{ format: Boolean, default: true }, { true: true, false: false, TRUE: true, False: false }, NO_BOOLEANS],
  "'Boolean'": [{ format: 'Boolean', default: false }, { true: true, FALSE: false }, NO_BOOLEANS],
  'no format, a boolean': [{ default: true }, { false: false }, NO_BOOLEANS],
  'a function, a boolean': [{ format: () => undefined, default: true }, { false: false }, NO_BOOLEANS],
  'a choice of booleans': [{ format: [true, false], default: true }, { false: false }, NO_BOOLEANS],
  nat: [{ format: 'nat', default: 1 }, { ...WHOLE, '1e+06': 1_000_000 }, [...NO_WHOLE, '-1']],
  int: [{ format: 'int', default: 1 }, { ...WHOLE, '-12': -12, '-1.5e1': -15 }, NO_WHOLE],
  integer: [{ format: 'integer', default: 1 }, WHOLE, NO_WHOLE],
  port: [{ format: 'port', default: 1 }, WHOLE, [...NO_WHOLE, '65536', '-1']],
  port_or_windows_named_pipe: [
    { format: 'port_or_windows_named_pipe', default: 1 },
    { ...WHOLE, [isPipe]: isPipe },
    NO_WHOLE,
  ],
  windows_named_pipe: [{ format: 'windows_named_pipe', default: isPipe }, { [isPipe]: isPipe }, ['x']],
  Number: [
    { format: Number, default: 1 },
    { ...WHOLE, '1.5': 1.5, '.5': 0.5, '1E-3': 0.001, '-2.50': -2.5 },
    NO_NUMBERS,
  ],
  'no format, a number': [{ default: 1 }, { '1.5': 1.5, '1e+06': 1_000_000 }, NO_NUMBERS],
  'a function, a number': [{ format: isEven, default: 0 }, { '2e1': 20 }, [...NO_NUMBERS, '3']],
  'a choice of numbers': [{ format: [1, 2, 1000], default: 1 }, { '2': 2, '1e3': 1000 }, [...NO_NUMBERS, '3', '2x']],
  'a required choice of numbers': [
    { format: [1, 2, 1000], default: null },
    { '2': 2, '1e3': 1000 },
    [...NO_NUMBERS, '3', '2x'],
  ],
  'a choice of numbers without a default': [{ format: [1, 2], default: undefined }, { '2': 2 }, ['3', '']],
  'a nullable choice of numbers': [{ format: [1, 2], default: null, nullable: true }, { '2': 2 }, ['3', 'null']],
  'a required choice of booleans': [
    { format: [true, false], default: null },
    { true: true, FALSE: false },
    [...NO_BOOLEANS],
  ],
  'a choice of one boolean': [{ format: [true], default: undefined }, { true: true }, ['false', '1']],
  'a choice of null and a number': [{ format: [null, 5], default: null }, { '5': 5 }, ['null', '']],
  'a choice of a text and numbers': [
    { format: ['auto', '1', 1, 2], default: 'auto' },
    { auto: 'auto', '1': '1', '2': 2 },
    ['3'],
  ],
  'a required choice of texts': [{ format: ['on', '1'], default: null }, { on: 'on', '1': '1' }, ['On', '2', '']],
  'nullable number': [{ format: 'int', default: null, nullable: true }, { '5': 5 }, NO_WHOLE],
  Array: [
    { format: Array, default: ['x'] },
    {
      'a,b': ['a', 'b'],
      a: ['a'],
      '': [],
      '["a,b",1]': ['a,b', 1],
      '[::1],[::2]': ['[::1]', '[::2]'],
      'a, b': ['a', ' b'],
    },
    [
      '[a, b]',
      '[a]',
      '[off]',
      '[1e400]',
      '[1234567890123456789]',
      '{a,b}',
      '"a,b",c',
      '["a",',
      '[1234567890123456789,1]',
    ],
  ],
  Object: [
    { format: Object, default: {} },
    { '{"a":{"b":1}}': { a: { b: 1 } } },
    ['', 'a', '[1]', '{a:1}', '5', 'null', '{"id":1234567890123456789}', '{"a":1,"a":2}', '{"a":1e400}'],
  ],
  'no format, a list': [{ default: [1] }, { '[2]': [2] }, ['a,b', '', '{}']],
  RegExp: [{ format: RegExp, default: /x/ }, { '^a+$': /^a+$/, '/a/i': /\/a\/i/ }, ['(', '']],
  'a choice of texts': [{ format: ['on', 'off', '1'], default: 'on' }, { off: 'off', '1': '1' }, ['On', ' on', '']],
  String: [
    { format: String, default: '' },
    Object.fromEntries([...NO_NUMBERS, '1.10', '0x10', '1e5'].map((t) => [t, t])),
    [],
  ],
  'no format, a text': [{ default: 'x' }, { '1.10': '1.10', off: 'off', '': '' }, []],
  '*': [{ format: '*', default: null }, { '1.10': '1.10', true: 'true', '': '' }, []],
  url: [{ format: 'url', default: 'http://a.b' }, { 'http://localhost:80': 'http://localhost:80' }, ['', 'a b']],
  email: [{ format: 'email', default: 'a@b.org' }, { 'c@d.org': 'c@d.org' }, ['', 'x']],
  ipaddress: [{ format: 'ipaddress', default: '::1' }, { '10.0.0.1': '10.0.0.1' }, ['10.0.0', '10']],
  duration: [
    { format: 'duration', default: 1 },
    {
      3000: 3000,
      '3e3': 3000,
      '5 days': 432_000_000,
      '90 seconds': 90_000,
      '1 minute': 60_000,
      '2 s': 2000,
      '7 ms': 7,
    },
    ['', '30s', '5 m', '5 h', '1.5 hours', '5  days', '5 DAYS', '5 days 3 hours', 'five days', '1_000', '5 fortnights'],
  ],
  timestamp: [
    { format: 'timestamp', default: 1 },
    {
      '2026-01-02T03:04:05Z': Date.UTC(2026, 0, 2, 3, 4, 5),
      '2026-01-02T03:04:05.678+01:00': Date.UTC(2026, 0, 2, 2, 4, 5, 678),
      '1767225600000': 1_767_225_600_000,
      '1.7672256e12': 1_767_225_600_000,
    },
    ['', '2026', '20260102', '12abc', '2026-02-30', 'tomorrow', '1/2/2026', '2026-1-2'],
  ],
  'a format of the program that coerces': [{ format: 'text-percent', default: 0 }, { '25%': 0.25, '12abc': 0.12 }, []],
  'a format of the program that does not coerce': [{ format: 'text-even', default: 0 }, { '4': '4' }, ['5']],
}

const ALL_WAYS = Object.keys(WAYS) as Way[]

describe.each(Object.entries(FORMATS))('a text for %s', (_format, [entry, accepted, rejected]) => {
  it.each(ALL_WAYS)('is what it says, as a value of the %s', async (way) => {
    for (const [text, value] of Object.entries(accepted)) {
      expect([text, await read(entry, way, text)]).toStrictEqual([text, { value }])
    }
  })

  it.each(ALL_WAYS)('is rejected otherwise, as a value of the %s', async (way) => {
    for (const text of rejected) {
      const result = await read(entry, way, text)
      expect([text, 'issue' in result]).toEqual([text, true])
      const { issue } = result as { issue: Issue }
      const source = { source: 'values', environment: 'env:TEXT_TEST', argument: 'arg:--text-test' }[way]
      expect(issue).toMatchObject({ code: 'HOT_CONFIG_SCHEMA', path: 'x', source })
    }
  })
})

describe('whatever text is accepted', () => {
  const typed = fc.oneof(fc.double(), fc.integer(), fc.float(), fc.maxSafeInteger(), fc.bigInt().map(String))
  const text = fc.oneof(
    typed.map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number.toExponential()),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number.toPrecision(21)),
    fc
      .tuple(typed, fc.constantFrom('s', '%', '_000', ' ', ',0', 'e', '.0', 'e3', '/tcp'))
      .map((parts) => parts.join('')),
    fc.stringMatching(/^[-+]?[\d._,]{0,8}(?:e[-+]?\d{1,3})?[a-z ]?$/),
    fc.string(),
  )

  it.each([
    ['Number', { format: Number, default: 0 }],
    ['int', { format: 'int', default: 0 }],
  ])('for %s is that number', async (_name, entry) => {
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const result = await read(entry, 'source', given)
        if ('issue' in result) return
        expect(sameDecimal(String(result.value), given.trim())).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('for Boolean is that word', async () => {
    const word = fc.oneof(fc.mixedCase(fc.constantFrom('true', 'false')), fc.string(), fc.constantFrom(...NO_BOOLEANS))
    await fc.assert(
      fc.asyncProperty(word, async (given) => {
        const result = await read({ format: Boolean, default: true }, 'source', given)
        if ('issue' in result) expect(given).not.toMatch(/^(?:true|false)$/i)
        else expect(String(result.value)).toBe(given.toLowerCase())
      }),
    )
  })

  it('and every number that is written as JavaScript writes it is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ noNaN: true, noDefaultInfinity: true }), async (number) => {
        fc.pre(!Number.isInteger(number) || Number.isSafeInteger(number) || /e/.test(String(number)))
        expect(await read({ format: Number, default: 0 }, 'source', String(number))).toEqual({ value: number + 0 })
      }),
    )
  })

  it('stays text for a String, whatever the arguments look like', async () => {
    const argument = fc.oneof(typed.map(String), fc.stringMatching(/^-?[\d.]{1,6}(?:e\d)?$/))
    await fc.assert(
      fc.asyncProperty(argument, async (given) => {
        expect(await read({ format: String, default: '' }, 'argument', given)).toEqual({ value: given })
      }),
    )
  })
})

/** Whether two decimal numbers are the same, without any arithmetic that rounds. */
function sameDecimal(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => {
    const [, sign, whole = '', fraction = '', exponent = '0'] =
      /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text) ?? []
    return {
      digits: BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`),
      exponent: Number(exponent) - fraction.length,
    }
  }) as [{ digits: bigint; exponent: number }, { digits: bigint; exponent: number }]
  const least = Math.min(a.exponent, b.exponent)
  return a.digits * 10n ** BigInt(a.exponent - least) === b.digits * 10n ** BigInt(b.exponent - least)
}

describe('a text that is rejected', () => {
  async function rejected(schema: Schema, files: Record<string, string>): Promise<readonly Issue[]> {
    await using mounted = { ...(await createConfigMapVolume()), [Symbol.asyncDispose]: () => mounted.remove() }
    await mounted.update(files)
    const error: unknown = await createHotConfig({
      schema,
      sources: unwatched(volume(mounted.path)),
      logger: false,
    }).catch((thrown: unknown) => thrown)
    return (error as ConfigError).issues
  }

  it('is named by its file and line, with what to write instead', async () => {
    const schema = {
      payments: { enabled: { format: Boolean, default: true }, retries: { format: Boolean, default: false } },
      pool: { format: 'nat', default: 1 },
      timeoutMs: { format: 'nat', default: 1 },
      id: { format: Number, default: 1 },
      version: { format: String, default: '' },
      level: { format: ['1', '2'], default: '1' },
    }
    const issues = await rejected(schema, {
      'app.yaml': 'payments:\n  enabled: off\n  retries: yes\npool: 1_000\ntimeoutMs: 30s\nversion: 1.10\n',
      id: '1234567890123456789',
    })
    expect(issues.map(({ file, line, path, message }) => [file, line, path, message])).toEqual([
      ['app.yaml', 2, 'payments.enabled', 'expected true or false; this value is text in YAML 1.2: write false'],
      ['app.yaml', 3, 'payments.retries', 'expected true or false; this value is text in YAML 1.2: write true'],
      ['app.yaml', 4, 'pool', 'expected a whole number; write the digits without anything between them'],
      ['app.yaml', 5, 'timeoutMs', 'expected a whole number; write the number alone, without a unit'],
      ['id', undefined, 'id', expect.stringMatching(/too many digits/)],
      ['app.yaml', 6, 'version', 'must be of type String; this value is a number: quote it'],
    ])
  })

  it('is not said to be YAML where it is a variable or an argument', async () => {
    for (const way of ['environment', 'argument'] as const) {
      for (const text of ['off', 'on', '0', 'enabled']) {
        const { issue } = (await read({ format: Boolean, default: true }, way, text)) as { issue: Issue }
        expect(issue.message).toMatch(/^expected true or false; this value is text: write (?:true|false)$/)
      }
    }
  })

  it.each([
    ['app.json', '{"on": "off"}'],
    ['app.toml', 'on = "off"'],
    ['app.ini', 'on = off'],
    ['app.properties', 'on = off'],
    ['app.env', 'on=off'],
    ['on', 'off'],
  ])('is not said to be YAML in %s', async (file, text) => {
    const schemas = [{ on: { format: Boolean, default: true } }, { properties: { on: { type: 'boolean' as const } } }]
    for (const schema of schemas) {
      const issues = await rejected(schema, { [file]: text })
      expect(issues).toMatchObject([{ file, message: 'expected true or false; this value is text: write false' }])
    }
  })

  it('is not quoted', async () => {
    const said: string[] = []
    for (const [entry] of Object.values(FORMATS)) {
      for (const way of ALL_WAYS) {
        const result = await read(entry, way, '(hunter22,"x y')
        if ('issue' in result) said.push(result.issue.message)
      }
    }
    expect(said.length).toBeGreaterThan(60)
    expect(said.join()).not.toContain('hunter')
  })

  it('is not described where the schema calls it sensitive', async () => {
    const issues = await rejected({ pin: { format: 'nat', default: 1, sensitive: true } }, { pin: '12abc' })
    expect(issues.map(({ message }) => message)).toEqual(['is not valid ([redacted])'])
  })

  it('tells an address that Kubernetes sets for a Service', async () => {
    const result = await read({ format: 'port', default: 1 }, 'environment', 'tcp://10.0.48.109:9106')
    expect((result as { issue: Issue }).issue.message).toMatch(/enableServiceLinks: false/)
  })

  it('does not keep what counts instead of it from being served', async () => {
    vi.stubEnv('TEXT_TEST', '5')
    const schema = { x: { format: 'int', default: 1, env: 'TEXT_TEST' } }
    await using config = await createHotConfig({ schema, sources: values({ x: '12abc' }), logger: false })
    expect(config.current).toEqual({ x: 5 })
    expect(config.health().pinnedByEnvironment).toEqual(['x'])
  })

  it('may be the default', async () => {
    const schema = { on: { format: Boolean, default: 'off' }, size: { format: 'nat', default: '1e3' } }
    const error: unknown = await createHotConfig({ schema, sources: values({}), logger: false }).catch(
      (thrown: unknown) => thrown,
    )
    expect((error as ConfigError).issues).toMatchObject([{ source: 'the schema', path: 'on' }])
    await using config = await createHotConfig({ schema, sources: values({ on: true }), logger: false })
    expect(config.current).toEqual({ on: true, size: 1000 })
  })
})

describe('a value that is no text', () => {
  it('is judged as convict judges it', async () => {
    const schema = {
      on: { format: Boolean, default: false },
      size: { format: 'nat', default: 1 },
      list: { format: Array, default: [] },
      text: { format: String, default: '' },
    }
    const given = { on: true, size: 3, list: ['a', 1], text: '5' }
    await using config = await createHotConfig({ schema, sources: values(given), logger: false })
    expect(config.current).toEqual(given)
    for (const wrong of [{ on: 0 }, { size: 1.5 }, { text: 5 }]) {
      await expect(createHotConfig({ schema, sources: values(wrong), logger: false })).rejects.toThrow(/must be/)
    }
  })
})
