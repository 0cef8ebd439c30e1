import { readFileSync, readdirSync } from 'node:fs'

import * as fc from 'fast-check'

export const FORMATS = ['json', 'yaml', 'toml', 'dotenv', 'properties', 'ini', 'text'] as const
export type HostileFormat = (typeof FORMATS)[number]

/** A secret. No text of ours has three of these letters in a row. */
export const SECRET = 'QZXJVKWYzqxjvkwy'

/** The process must handle texts below this size without a long pause. */
const MAX_BYTES = 64 * 1024 - 1

const corpusFolder = new URL('../proof/corpus/', import.meta.url)

/** What each format means something by. */
const SYNTAX: Readonly<Record<HostileFormat, readonly string[]>> = {
  json: [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '"a"',
    '"\\u0061"',
    '"\\ud800"',
    '{}',
    '[]',
    '//',
    '/*',
    '*/',
    '0',
    '-',
    '.',
    'e',
    'true',
    'null',
    '"a":',
    '{"a":',
    '[{',
    '\\n',
  ],
  yaml: [
    ': ',
    ':',
    '- ',
    '? ',
    '&a ',
    '*a',
    '<<: ',
    '<<: *a\n',
    '<<: [*a, *b]\n',
    '!!str ',
    '!!int ',
    '!!float ',
    '!!null ',
    '!!binary ',
    '!!set ',
    '!!map ',
    '!<x> ',
    '!e!x ',
    '|\n  ',
    '>-\n  ',
    '|2+\n   ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '%TAG !e! x:\n',
    '# ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '\\',
    '"\\x41"',
    '\n',
    '\n  ',
    '\n    ',
    '\n- ',
    '\n  - ',
    '\n? ',
    '\n: ',
    '-',
    '[[',
    '{a: ',
    '@',
    '`',
    '%',
  ],
  toml: [
    '[',
    ']',
    '[[',
    ']]',
    '[a]\n',
    '[[a]]\n',
    '[a.b]\n',
    '[[a.b]]\n',
    ' = ',
    '=',
    '.',
    ', ',
    '{',
    '}',
    '"',
    "'",
    '"""',
    "'''",
    '\\',
    '\\\n  ',
    '# ',
    'inf',
    'nan',
    '0xF',
    '0b1',
    '1979-05-27',
    '07:32:00',
    '1979-05-27 07:32:00Z',
    '"a"',
    '\n',
    'a.b = 1\n',
    '"a" = 1\n',
  ],
  dotenv: [
    '=',
    ': ',
    'export ',
    '"',
    "'",
    '`',
    '\\',
    '\\n',
    '\\"',
    '#',
    ' #',
    '$',
    '${A}',
    '$A',
    '\n',
    '\r',
    '.',
    '-',
    'A=',
    'A="',
    "A='",
  ],
  properties: [
    '=',
    ':',
    ' ',
    '\\',
    '\\\n',
    '\\\r\n  ',
    '\\u0041',
    '\\u',
    '\\t',
    '\\:',
    '\\ ',
    '#',
    '!',
    '\n',
    '\f',
    '\t',
    '.',
    'a.b=',
    'a=',
    '\\u005c',
    '\\ud83d',
  ],
  ini: [
    '[',
    ']',
    '=',
    '"',
    "'",
    ';',
    '#',
    ' ; ',
    '\\;',
    '\\.',
    '[]',
    '[a]\n',
    '[a.b]\n',
    '["a.b"]\n',
    '\n',
    '\\',
    '.',
    ':',
    'a[] = 1\n',
    '"a" = 1\n',
    'a=b=c\n',
  ],
  text: [
    '\n',
    ' ',
    '{"a": 1}',
    'a: 1\n',
    'A=1\n',
    '[a]\n',
    '-----BEGIN CERTIFICATE-----\n',
    '#!/bin/sh\n',
    'server {\n',
  ],
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** One line that is right in its format. */
const LINES: Readonly<Record<HostileFormat, (name: string, value: string, depth: number) => string>> = {
  json: (name, value) => `${JSON.stringify(name)}: ${isJson(value) ? value : JSON.stringify(value)},\n`,
  yaml: (name, value, depth) => `${'  '.repeat(depth)}${name}: ${value}\n`,
  toml: (name, value) => `${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)} = ${value}\n`,
  dotenv: (name, value) => `${name}=${value}\n`,
  properties: (name, value) => `${name}=${value}\n`,
  ini: (name, value) => `${name} = ${value}\n`,
  text: (name, value) => `${name} ${value}\n`,
}

const NAMES = [
  'a',
  'b',
  'a.b',
  'a.b.c',
  'port',
  'flag',
  'ratio',
  'list',
  'log',
  'log.level',
  'level',
  'vault',
  'vault.it',
  'password',
  'x-y',
  'A_B',
  '0',
  '1',
  '-1',
  '3.10',
  '1e3',
  'true',
  'null',
  '~',
  '',
  ' ',
  '.',
  '..',
  'a..b',
  '__proto__',
  'a.__proto__.b',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  'toJSON',
  'length',
  'é',
  '漢',
  '😀',
  SECRET,
  `vault.${SECRET}`,
]

const VALUES = [
  '1',
  '0',
  '-0',
  '+1',
  '1.5',
  '1e3',
  '1e400',
  '1e-400',
  '9007199254740993',
  '0.1234567890123456789',
  '0x1F',
  '0o17',
  '010',
  '1_000',
  '.5',
  '5.',
  '.inf',
  '-.inf',
  '.nan',
  'NaN',
  'Infinity',
  'true',
  'false',
  'off',
  'no',
  'null',
  '~',
  '',
  'x',
  '"x"',
  "'x'",
  '[]',
  '{}',
  '[1, 2]',
  '{a: 1}',
  '{"a": 1}',
  '2020-01-01',
  '2020-01-01T00:00:00Z',
  '12:30:00',
  'info',
  'a b',
  ' a ',
  'a#b',
  'a #b',
  'a;b',
  '$A',
  '${A:-x}',
  'C:\\data',
  'http://x/?a=b#c',
  SECRET,
  `"${SECRET}"`,
  `x${SECRET}x`,
]

const ANYWHERE = [
  '\0',
  '\u0001',
  '\u001b[31m',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u00ad',
  '\u2028',
  '\u2029',
  '\u200b',
  '\u202e',
  '\u3000',
  '\ufeff',
  '\ufffd',
  '\uffff',
  'İ',
  'ß',
  '\u0130',
  '\r',
  '\r\n',
  '\n',
  '\n\n',
  '\t',
  '\v',
  '\f',
  ' ',
  '    ',
  '<script>',
  '&amp;',
  '%s',
  '\\',
]

const BYTES = [
  [0xff],
  [0xfe, 0xff],
  [0xef, 0xbb, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xc0, 0xaf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0x80],
  [0xc3, 0x28],
  [0x00],
  [0x0d],
]

/** What an update holds: never more than {@link MAX_BYTES}. */
export function hostileBytes(format: HostileFormat): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      hostileText(format),
      fc.oneof(
        { weight: 20, arbitrary: fc.constant('utf8') },
        { weight: 1, arbitrary: fc.constantFrom('bom', 'utf16le', 'latin1') },
      ),
      fc.oneof(
        { weight: 15, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...BYTES)), { maxLength: 3 }) },
      ),
    )
    .map(([text, encoding, foreign]) => {
      let bytes = encoding === 'bom' ? Buffer.from(`\ufeff${text}`) : Buffer.from(text, encoding as BufferEncoding)
      for (const [place, inserted] of foreign) {
        const at = place % (bytes.length + 1)
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at)])
      }
      return readable(bytes.subarray(0, MAX_BYTES))
    })
}

/** A failure shows it as a text that can be pasted. */
function readable(bytes: Buffer): Buffer {
  return Object.assign(bytes, {
    [fc.toStringMethod]: () => `Buffer.from(${JSON.stringify(bytes.toString('latin1'))}, 'latin1')`,
  })
}

function hostileText(format: HostileFormat): fc.Arbitrary<string> {
  const grown = grownText(format)
  const changed = changedText(fc.oneof(fc.constantFrom(...corpusOf(format)), grown), pieceOf(format))
  return fc.oneof(
    { weight: 8, arbitrary: grown },
    { weight: 8, arbitrary: changed },
    { weight: 1, arbitrary: repeatedText(format) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  )
}

/** The files of the corpus that are of a format. */
function corpusOf(format: HostileFormat): [string, ...string[]] {
  const folder = new URL(`${format}/`, corpusFolder)
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
  return texts as [string, ...string[]]
}

/** A sign of the format, a name, a value, or what no format expects. */
function pieceOf(format: HostileFormat): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...SYNTAX[format]) },
    { weight: 2, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 2, arbitrary: fc.constantFrom(...VALUES) },
    { weight: 1, arbitrary: fc.constantFrom(...ANYWHERE) },
  )
}

/** Lines that are right, with pieces between them. */
function grownText(format: HostileFormat): fc.Arbitrary<string> {
  const line = fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES), fc.nat({ max: 2 }))
    .map((parts) => LINES[format](...parts))
  const piece = pieceOf(format)
  const text = fc
    .oneof(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.oneof({ weight: 3, arbitrary: line }, { weight: 1, arbitrary: piece }), { maxLength: 12 }),
      fc.array(piece, { maxLength: 25 }),
    )
    .map((parts) => parts.join(''))
  return format === 'json'
    ? fc.oneof(
        text.map((members) => `{${members.replace(/,\n?$/, '')}}`),
        text,
      )
    : text
}

/** A text with pieces in it, or with parts of it removed, doubled, swapped, or replaced. */
export function changedText(texts: fc.Arbitrary<string>, pieces: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(
    fc.constantFrom('insert', 'replace', 'remove', 'double', 'move', 'cut', 'splice', 'line end'),
    fc.nat(),
    fc.nat({ max: 40 }),
    pieces,
    texts,
  )
  return fc.tuple(texts, fc.array(change, { minLength: 1, maxLength: 5 })).map(([text, changes]) =>
    changes.reduce((before, [how, place, length, piece, other]) => {
      const at = place % (before.length + 1)
      const [head, part, tail] = [before.slice(0, at), before.slice(at, at + length), before.slice(at + length)]
      switch (how) {
        case 'insert':
          return head + piece + part + tail
        case 'replace':
          return head + piece + tail
        case 'remove':
          return head + tail
        case 'double':
          return head + part + part + tail
        case 'move':
          return tail + head + part
        case 'cut':
          return head
        case 'splice':
          return head + other.slice(place % (other.length + 1))
        default:
          return before.replaceAll('\n', place % 2 === 0 ? '\r\n' : '\r')
      }
    }, text),
  )
}

/** Pieces again and again, up to the largest size: what costs more than it should. Each may have a number in it. */
function repeatedText(format: HostileFormat): fc.Arbitrary<string> {
  const pieces = fc.array(fc.oneof(pieceOf(format), fc.constantFrom('\u0000#', 'a\u0000#', '\n', ' ')), {
    minLength: 1,
    maxLength: 5,
  })
  return fc
    .tuple(
      grownText(format),
      pieces,
      fc.oneof(fc.integer({ min: 10, max: 500 }), fc.constant(MAX_BYTES), fc.constant(30_000)),
      pieces,
    )
    .map(([head, unit, count, tail]) => {
      const one = unit.join('')
      let text = head
      for (let index = 0; index < count && text.length < MAX_BYTES - 100; index++) {
        text += one.replaceAll('\u0000#', String(index))
      }
      return text + tail.join('').replaceAll('\u0000#', '0')
    })
}
