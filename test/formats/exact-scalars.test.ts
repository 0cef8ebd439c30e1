import { parse as parseDotenv } from 'dotenv'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { longestBlock } from '../support/longest-block.ts'
import { readText } from '../support/read-text.ts'
import { proves } from '../requirements.ts'

proves('text-is-exact')

/** A file that holds one scalar as `key`, on its second line. */
interface TypedFormat {
  readonly file: string
  readonly write: (scalar: string) => string
}

const JSON_FILE: TypedFormat = { file: 'app.json', write: (scalar) => `{"first": 1,\n"key": ${scalar}}` }
const YAML_FILE: TypedFormat = { file: 'app.yaml', write: (scalar) => `first: 1\nkey: ${scalar}\n` }
const YAML_FLOW: TypedFormat = { file: 'flow.yaml', write: (scalar) => `{first: 1,\nkey: ${scalar}}\n` }
const TOML_FILE: TypedFormat = { file: 'app.toml', write: (scalar) => `first = 1\nkey = ${scalar}\n` }
const TYPED = [JSON_FILE, YAML_FILE, YAML_FLOW, TOML_FILE]

/** The digits that count and their power of ten, by a way that is not the product's. */
function decimal(text: string): string {
  const [, sign = '', whole = '', , fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)(\.?)(\d*)(?:e([-+]?\d+))?$/i.exec(text.replaceAll('_', '')) ?? []
  let digits = BigInt(`${whole}${fraction}` || '0')
  let power = BigInt(exponent) - BigInt(fraction.length)
  if (digits === 0n) return '0'
  for (; digits % 10n === 0n; digits /= 10n) power++
  return `${sign === '-' ? '-' : ''}${digits}e${power}`
}

/** One of these characters. */
const oneOf = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...Array.from(characters))

const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: oneOf('0123456789'), minLength, maxLength })
const integer = fc.tuple(fc.constantFrom('', '-'), oneOf('123456789'), digits(0, 24)).map((parts) => parts.join(''))
const exponent = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.integer({ min: 0, max: 420 })).map((parts) => parts.join('')),
)
const float = fc
  .tuple(fc.oneof(integer, fc.constantFrom('0', '-0')), fc.constant('.'), digits(1, 24), exponent)
  .map((parts) => parts.join(''))
const nearFloat = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => String(number).replace('e+', 'e'))
const number = fc.oneof(integer, float, nearFloat)

describe.each(TYPED)('a number in $file', ({ file, write }) => {
  it('is the same as its text, or is rejected with its line', async () => {
    await fc.assert(
      fc.asyncProperty(number, async (text) => {
        const read = await readText(file, write(text))
        if (read.issue) {
          expect(read.issue).toMatchObject({ file, line: 2, path: 'key', message: expect.stringContaining('quote it') })
          if (text.length > 6) expect(read.issue.message).not.toContain(text)
        } else expect(decimal(String(read.value['key']))).toBe(decimal(text))
      }),
      { numRuns: 400 },
    )
  })

  it('is kept whenever a number can hold it', async () => {
    const exact = fc.oneof(
      fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    )
    await fc.assert(
      fc.asyncProperty(exact, async (value) => {
        const text = Object.is(value, -0) ? '-0.0' : String(value)
        // an integer beyond the safe ones needs its point, or its exponent
        const literal = Number.isInteger(value) && !Number.isSafeInteger(value) && !/e/.test(text) ? `${text}.0` : text
        expect(await readText(file, write(literal))).toEqual({ value: { first: 1, key: value } })
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['0.1', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['1.10', 1.1],
    ['1e3', 1000],
    ['1E+06', 1_000_000],
    ['1e16', 1e16],
    ['5e-324', 5e-324],
    ['0e400', 0],
  ])('%s is kept', async (text, value) => {
    expect(await readText(file, write(text))).toEqual({ value: { first: 1, key: value } })
  })

  it.each([
    ['9007199254740992', /integer beyond 9007199254740991/],
    ['-9007199254740992', /integer beyond/],
    ['1497549923779084388', /integer beyond/],
    ['1'.repeat(400), /integer beyond/],
    ['0.1234567890123456789', /more digits than a number can hold/],
    ['9007199254740993.0', /more digits/],
    ['3e-324', /more digits/],
    ['1e400', /too large/],
    ['-1.5e309', /too large/],
    ['1e-400', /too close to zero/],
  ])('%s is rejected', async (text, says) => {
    const { issue } = await readText(file, write(text))
    expect(issue).toEqual({
      code: 'HOT_CONFIG_SYNTAX',
      source: 'driven',
      file,
      line: 2,
      column: expect.any(Number) as number,
      path: 'key',
      message: expect.stringMatching(says) as string,
    })
  })

  it('is text when it is quoted', async () => {
    await fc.assert(
      fc.asyncProperty(number, async (text) => {
        expect(await readText(file, write(`"${text}"`))).toEqual({ value: { first: 1, key: text } })
      }),
      { numRuns: 50 },
    )
  })

  it('is found deep in lists and tables', async () => {
    const inline = file.endsWith('toml')
    const { issue } = await readText(
      file,
      write(inline ? '[[0], [{ a = 10000000000000001 }]]' : '[[0], [{"a": 10000000000000001}]]'),
    )
    expect(issue).toMatchObject({ line: 2, path: 'key[1][0].a', message: expect.stringMatching(/integer beyond/) })
  })
})

describe('a long integer in YAML', () => {
  const INT = '12345678901234567890'
  const CORE = '%TAG !y! tag:yaml.org,2002:\n---\n'

  it.each([
    ['below an alias as a key', `a: &a b\nc:\n  *a : ${INT}\n`, 3, 'c.b'],
    ['below such a key of a mapping in a list', `a: [&a b,\n {*a : {d: ${INT}}}]\n`, 2, 'a[1].b.d'],
    ['in what is merged', `a: {<<: {b: ${INT}}}\n`, 1, 'a.<<.b'],
    ['with an anchor', `a: &a ${INT}\n`, 1, 'a'],
    ['with a tag', `a: !!int ${INT}\n`, 1, 'a'],
    ['with the whole tag', `a: !<tag:yaml.org,2002:int> ${INT}\n`, 1, 'a'],
    ['with an escape in its tag', `a: !!in%74 ${INT}\n`, 1, 'a'],
    ['with a handle in its tag', `${CORE}a: !y!int ${INT}\n`, 3, 'a'],
    ['with a handle in its tag, in quotes', `${CORE}a: !y!int "${INT}"\n`, 3, 'a'],
    ['with a handle that is part of its tag', `%TAG !y! tag:yaml.org,2002:in\n---\na: !y!t ${INT}\n`, 3, 'a'],
    ['with the main handle in its tag', `%TAG ! tag:yaml.org,2002:\n---\na: !int ${INT}\n`, 3, 'a'],
    ['after another handle', `%TAG !x! tag:x.org:\n${CORE}a: !y!int ${INT}\n`, 4, 'a'],
  ])('is rejected with its line %s', async (_where, text, line, path) => {
    const { issue } = await readText('a.yaml', text)
    expect(issue).toMatchObject({ line, path, message: expect.stringContaining('integer beyond') })
  })

  it.each([
    ['!', `! ${INT}`],
    ['!!str', `!!str ${INT}`],
    ['its whole tag', `!<tag:yaml.org,2002:str> ${INT}`],
    ['a handle', `!y!str ${INT}`],
  ])('is text with the tag of text: %s', async (_how, scalar) => {
    expect(await readText('a.yaml', `${CORE}a: ${scalar}\n`)).toEqual({ value: { a: INT } })
  })
})

describe('what is not a number', () => {
  it.each([
    [
      YAML_FILE,
      ['.inf', '-.inf', '+.INF', '.Inf', '.nan', '.NaN', '!!float .inf', '!!float "1e400"', '!!int 9007199254740993'],
    ],
    [
      TOML_FILE,
      [
        'inf',
        '-inf',
        '+inf',
        'nan',
        '-nan',
        '+nan',
        '0x20000000000001',
        '0o777777777777777777',
        '9_007_199_254_740_993',
      ],
    ],
  ])('is rejected: %o', async ({ file, write }, scalars) => {
    for (const scalar of scalars) {
      const { issue } = await readText(file, write(scalar))
      expect(issue).toMatchObject({ file, line: 2, path: 'key', message: expect.stringContaining('quote it') })
    }
  })

  it.each([
    [YAML_FILE, '0x1fffffffffffff', 0x1fffffffffffff],
    [YAML_FILE, '0o17', 15],
    [YAML_FILE, '010', 10],
    [YAML_FILE, '1_000', '1_000'],
    [YAML_FILE, '0b101', '0b101'],
    [YAML_FILE, '12:30:45', '12:30:45'],
    [YAML_FILE, '2026-11-23T04:05:06.123456789+01:00', '2026-11-23T04:05:06.123456789+01:00'],
    [YAML_FILE, 'inf', 'inf'],
    [YAML_FILE, 'NaN', 'NaN'],
    [YAML_FILE, '1.2.3', '1.2.3'],
    [YAML_FILE, '1234567890123456789a', '1234567890123456789a'],
    [TOML_FILE, '0x1F_FFFF_FFFF_FFFF', 0x1fffffffffffff],
    [TOML_FILE, '0b1101', 13],
    [TOML_FILE, '1_000.5', 1000.5],
    [TOML_FILE, '-0', 0],
    [TOML_FILE, '1979-05-27T07:32:00.123456789-08:00', '1979-05-27T07:32:00.123456789-08:00'],
    [TOML_FILE, '1979-05-27 07:32:00z', '1979-05-27 07:32:00z'],
    [TOML_FILE, '1979-05-27', '1979-05-27'],
    [TOML_FILE, '07:32:00', '07:32:00'],
    [TOML_FILE, '[1979-05-27, 07:32:00.1]', ['1979-05-27', '07:32:00.1']],
    [TOML_FILE, '{ a = 1979-05-27 }', { a: '1979-05-27' }],
  ])('is kept as it is written, or as the number that it is: %o %s', async ({ file, write }, scalar, value) => {
    expect(await readText(file, write(scalar))).toEqual({ value: { first: 1, key: value } })
  })
})

/** Characters of all kinds that formats treat in ways of their own. */
const character = fc.oneof(
  { weight: 3, arbitrary: oneOf('abz019') },
  oneOf(' \t#;=:\\/"\'`!,.-_$&*[]{}()<>|%@~?'),
  fc.constantFrom('é', '\u00a0', '\u2003', '\u2028', '\ufeff', '\u{1f600}', '\u200b'),
)
const plainText = fc.string({ unit: character, maxLength: 12 })
const trim = (text: string): string => text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')

describe('a text without quotes', () => {
  /** Nothing in it is a comment, a quote, an escape or the end of a line. */
  const isPlain = (text: string, special: RegExp): boolean => text === trim(text) && !special.test(text)

  it.each([
    ['app.env', (text: string) => `first=1\nkey=${text}\n`, /[ \t]#|^#(?=[ \t]|$)|^["'`]/],
    ['app.ini', (text: string) => `first=1\nkey=${text}\n`, /[ \t][;#]|^[;#](?=[ \t]|$)|^["']|\\[;#]/],
    ['app.properties', (text: string) => `first=1\nkey=${text}\n`, /\\|^[=: \t]/],
    // a mark of the encoding at the very beginning is not part of the text
    ['key', (text: string) => text, /^\ufeff/],
  ])('in %s is kept whole, or rejected with its line', async (file, write, special) => {
    await fc.assert(
      fc.asyncProperty(
        plainText.filter((text) => isPlain(text, special)),
        async (text) => {
          const { value, issue } = await readText(file, write(text))
          if (issue) expect(issue).toMatchObject({ file, line: 2 })
          else expect(value['key']).toBe(text)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('in app.env is what the package dotenv reads, wherever that cuts nothing', async () => {
    const line = fc.tuple(
      fc.constantFrom('key=', 'key = ', 'export key=', 'key: '),
      plainText,
      fc.constantFrom('', ' # x', '  '),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), async (lines) => {
        const text = lines.map((parts) => parts.join('')).join('\n')
        const { value, issue } = await readText('app.env', text)
        expect(issue ? 'rejected' : value['key']).toBe(issue ? 'rejected' : parseDotenv(text)['key'])
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['in one line', 'key="x"\u2028a'],
    ['in several lines', 'key="\nkey="\u2028a'],
    ['after a blank', "key='x' \u2029"],
    ['after a comment', 'key=`x` # y\u2028a'],
  ])(
    'is rejected in app.env, where only the package dotenv takes a character for the end of a quoted text, %s',
    async (_, text) => {
      const { issue } = await readText('app.env', text)
      expect(issue?.message).toMatch(
        /^has U\+202[89] \((?:line|paragraph) separator\) after a quote, which may end a line: remove it$/,
      )
      expect(issue).toMatchObject({ file: 'app.env', line: text.split('\n').length })
    },
  )

  it('in app.yaml is the same text, or another kind of value, or rejected', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: oneOf('abz019 .-_/\\"\'#;=:é\u00a0\u2003\ufeff'), minLength: 1, maxLength: 12 }),
        async (text) => {
          fc.pre(text === trim(text) && !/[ \t]#|: |:$|^[-?:,[\]{}#&*!|>'"%@`]/.test(text))
          const { value, issue } = await readText('app.yaml', `first: 1\nkey: ${text}\n`)
          if (issue) expect(issue).toMatchObject({ file: 'app.yaml', line: 2 })
          else if (typeof value['key'] === 'number') expect(Number(text)).toBe(value['key'])
          else expect(value['key']).toBe(text)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a text in quotes', () => {
  const quoted = fc.string({ unit: character, maxLength: 12 })
  const double = (text: string): string => JSON.stringify(text)

  it.each([
    ['app.json', (text: string) => `{"key": ${double(text)}}`],
    ['app.yaml', (text: string) => `key: ${double(text)}\n`],
    ['quoted.yaml', (text: string) => `key: '${text.replaceAll("'", "''")}'\n`],
    ['app.toml', (text: string) => `key = ${double(text)}\n`],
    ['app.ini', (text: string) => `key = ${double(text)} ; comment\n`],
  ])('is the same in %s', async (file, write) => {
    await fc.assert(
      fc.asyncProperty(quoted, async (text) => {
        expect(await readText(file, write(text))).toEqual({ value: { key: text } })
      }),
      { numRuns: 300 },
    )
  })

  it('is the same in app.env, whose single quotes have no escapes', async () => {
    const inside = quoted.filter((text) => !/'|\\$/.test(text))
    await fc.assert(
      fc.asyncProperty(inside, async (text) => {
        expect(await readText('app.env', `key='${text}' # comment\n`)).toEqual({ value: { key: text } })
      }),
      { numRuns: 300 },
    )
  })
})

describe('a long text where a number is expected', () => {
  it.each([
    ['YAML', 'app.yaml', `a: 1\nb: !!float ${'1'.repeat(30_000)}x`],
    ['YAML, as a whole number', 'app.yaml', `a: 1\nb: !!int ${'1'.repeat(30_000)}x`],
    ['YAML, with dots', 'app.yaml', `a: 1\nb: !!float ${'.'.repeat(30_000)}`],
    ['JSON', 'app.json', `{"a": 1,\n"b": ${'1'.repeat(60_000)}x}`],
    ['TOML', 'app.toml', `a = 1\nb = ${'1'.repeat(60_000)}x`],
    ['TOML, with an exponent', 'app.toml', `a = 1\nb = ${'1'.repeat(30_000)}e${'1'.repeat(30_000)}x`],
  ])('is rejected with its line, and stalls nothing: %s', async (_what, file, text) => {
    const { result, cpuMs } = await longestBlock(() => readText(file, text))
    expect(result.issue).toMatchObject({ file, line: 2 })
    expect(cpuMs).toBeLessThan(100)
  })
})
