const DEEP = 10_000
export const MIB: number = 1024 * 1024

type Files = Readonly<Record<string, string | Uint8Array>>

function aliasBomb(): string {
  const lines = ['a0: &a0 [lol]']
  for (let level = 1; level < 12; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`)
  }
  return lines.join('\n')
}

function mergeBomb(): string {
  const names = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`)
  const uses = Array.from({ length: 20_000 }, (_, index) => `x${index}: {<<: *a}`)
  return `a: &a {${names.join(', ')}}\n${uses.join('\n')}`
}

const around = (open: string, close: string, inside = ''): string => open.repeat(DEEP) + inside + close.repeat(DEEP)

/** What a volume may come to hold, and what the rejection must say of it. */
export const HOSTILE: readonly (readonly [what: string, files: Files, says: RegExp])[] = [
  ['an alias bomb', { 'app.yaml': aliasBomb() }, /app\.yaml.*too many values/],
  ['a bomb of merge keys', { 'app.yaml': mergeBomb() }, /app\.yaml:2:\d+: .*merge keys exceeded/],
  ['an alias to itself', { 'app.yaml': 'a: &a\n  b: *a\n' }, /app\.yaml.*a\.b\.b: nests deeper than 100/],
  ['nested JSON arrays', { 'app.json': around('[', ']') }, /app\.json.*nests deeper than 100/],
  ['nested JSON objects', { 'app.json': around('{"a":', '}', '1') }, /app\.json.*a\.a\.a: nests deeper than 100/],
  ['nested JSON without an end', { 'app.json': '['.repeat(DEEP) }, /app\.json.*nests too deep/],
  ['nested YAML lists', { 'app.yaml': around('[', ']') }, /app\.yaml:1:\d+: .*exceeded/],
  ['nested YAML dashes', { 'app.yaml': '- '.repeat(DEEP) }, /app\.yaml:1:\d+: .*exceeded/],
  [
    'nested YAML mappings',
    { 'app.yaml': Array.from({ length: 1_500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n') },
    /app\.yaml:\d+:\d+: .*exceeded/,
  ],
  ['nested TOML arrays', { 'app.toml': `a = ${around('[', ']')}` }, /app\.toml:1:\d+: .*nested/],
  ['nested TOML tables', { 'app.toml': `a = ${around('{a = ', '}', '1')}` }, /app\.toml:1:\d+: .*nested/],
  ['a deep TOML key', { 'app.toml': `${'a.'.repeat(DEEP)}a = 1` }, /app\.toml.*a\.a\.a: nests deeper/],
  ['a deep TOML table', { 'app.toml': `[${'a.'.repeat(DEEP)}a]\nb = 1` }, /app\.toml.*a\.a\.a: nests deeper/],
  ['a deep dotenv name', { 'app.env': `${'a.'.repeat(DEEP)}a=1` }, /app\.env:1 a\.a\.a: nests deeper/],
  [
    'a deep property',
    { 'app.properties': `x=1\n${'a.'.repeat(DEEP)}a=1` },
    /app\.properties:2:1 a\.a\.a: nests deeper/,
  ],
  [
    'a very deep property',
    { 'app.properties': `${'a.'.repeat(MIB / 2)}a=1` },
    /app\.properties:1:1 a\.a\.a: nests deeper/,
  ],
  ['a deep INI section', { 'app.ini': `[${'a.'.repeat(DEEP)}a]\nb = 1` }, /app\.ini:1 a\.a\.a: nests deeper/],
  ['a deep name of a key', { [`${'a.'.repeat(120)}a`]: 'x' }, /a\.a\.a: nests deeper/],
  ['a file over the limit', { 'app.yaml': Buffer.alloc(4 * MIB + 1, 'a: 1\n') }, /app\.yaml.*limit of 4194304 bytes/],
  ['a value over the limit', { value: Buffer.alloc(4 * MIB + 1, 'x') }, /value.*limit of 4194304 bytes/],
  ['binary garbage', { 'app.yaml': Buffer.from('\u007fELF\u0002\u0001\u0001\0\0\0', 'latin1') }, /app\.yaml:1: .*NUL/],
  ['a megabyte of 0xff', { 'app.json': Buffer.alloc(MIB, 0xff) }, /app\.json:1: is not UTF-8/],
  [
    'a sequence that is not UTF-8',
    { 'app.yaml': Buffer.from('a: 1\nb: \xc3\x28\n', 'latin1') },
    /app\.yaml:2: is not UTF-8/,
  ],
  ['UTF-16', { 'app.yaml': Buffer.from('\uFEFFa: 1', 'utf16le') }, /app\.yaml:1: is not UTF-8/],
  ['a value that is not UTF-8', { value: Buffer.from([0xff]) }, /value:1: is not UTF-8/],
  ['a NUL byte', { 'app.env': 'a=1\nb=\0\n' }, /app\.env:2: .*NUL/],
  [
    'objects nested very deeply in JSON',
    { 'app.json': `${'{"a":'.repeat(200_000)}1e5${'}'.repeat(200_000)}` },
    /app\.json:1:\d+ a\.a\.a: nests deeper/,
  ],
  [
    'lists nested very deeply in JSON',
    { 'app.json': `{"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}` },
    /nests deeper/,
  ],
  ['a very long number in JSON', { 'app.json': `{"a":\n${'1'.repeat(MIB)}}` }, /app\.json:1:2 a: .*quote it/],
  ['a very long number in YAML', { 'app.yaml': `a: 1\nb: ${'1'.repeat(MIB)}` }, /app\.yaml:2:1 b: .*quote it/],
  ['a very long number in TOML', { 'app.toml': `a = 1\nb = ${'1'.repeat(MIB)}` }, /app\.toml:2:1 b: .*quote it/],
  ['a very long decimal in YAML', { 'app.yaml': `b: 0.${'0'.repeat(MIB)}1` }, /app\.yaml:1:1 b: .*quote it/],
  [
    'a megabyte of no-break spaces in YAML',
    { 'app.yaml': `a:\n${'\u00a0'.repeat(MIB / 2)}b: 1` },
    /app\.yaml:2:1: .*U\+00A0/,
  ],
  ['a megabyte of blanks before one', { 'app.yaml': `a:\n${' '.repeat(MIB)}\u00a0b: [` }, /app\.yaml:\d+:\d+: .*/],
  ['a megabyte of blanks in INI', { 'app.ini': `a = ${' '.repeat(MIB)}x\nb` }, /app\.ini:2: /],
  ['a megabyte of comment marks in INI', { 'app.ini': `a = x${' ;'.repeat(MIB / 2)}\nb` }, /app\.ini:2: /],
  ['a megabyte of quotes in INI', { 'app.ini': `a = ${'"'.repeat(MIB)}\nb` }, /app\.ini:2: /],
  ['a megabyte of blanks in dotenv', { 'app.env': `a=${' '.repeat(MIB)}x\nb` }, /app\.env:2: /],
  ['a megabyte of escaped quotes in dotenv', { 'app.env': `a="${'\\"'.repeat(MIB / 2)}\nb` }, /app\.env:2: /],
  [
    'a megabyte of backslashes in properties',
    { 'app.properties': `a=${'\\\\'.repeat(MIB / 2)}\nb=\\d` },
    /app\.properties:2:3: /,
  ],
  ['a control character', { 'app.yaml': 'a: 1\nb: \u0001\n' }, /app\.yaml.*non-printable/],
  ['a megabyte of line ends as dotenv', { 'app.env': `${'\n'.repeat(MIB)}x` }, /app\.env:1048577: /],
  ['a megabyte of line separators as dotenv', { 'app.env': `${'\u2028'.repeat(MIB / 4)}x` }, /app\.env:1: /],
  ['a megabyte of quotes as dotenv', { 'app.env': `${'A="\nB=\'\nC=`\n'.repeat(20_000)}x` }, /app\.env:\d+: /],
  ['a megabyte of brackets as INI', { 'app.ini': '['.repeat(MIB) }, /app\.ini:1: /],
  ['a megabyte of quotes in a property', { 'app.properties': '["'.repeat(MIB / 2) }, /app\.properties:1:1 /],
  ['a megabyte of nonsense as JSON', { 'app.json': 'x!'.repeat(MIB / 2) }, /app\.json:1:1: /],
  ['a megabyte of open quote as YAML', { 'app.yaml': `a: "${'\n'.repeat(MIB)}` }, /app\.yaml:\d+:\d+: /],
  [
    '__proto__ in JSON',
    { 'app.json': '{"a": 1,\n"__proto__": {"polluted": 1}}' },
    /app\.json:2:1 __proto__: .*not allowed/,
  ],
  [
    'constructor in JSON',
    { 'app.json': '{"a": {"constructor": {"prototype": {}}}}' },
    /app\.json:1:8 a\.constructor: /,
  ],
  ['prototype in a JSON array', { 'b.json': '{"a": [{"prototype": 1}]}' }, /b\.json:1:9 a\[0\]\.prototype/],
  ['__proto__ in YAML', { 'app.yaml': 'a: 1\n__proto__: {polluted: 1}' }, /app\.yaml:2:1 __proto__: .*not allowed/],
  ['__proto__ by a YAML merge', { 'app.yaml': 'a: {<<: {__proto__: {polluted: 1}}}' }, /app\.yaml:1:1 a\.__proto__: /],
  ['constructor in YAML', { 'b.yml': 'a:\n  constructor: 1' }, /b\.yml:2:3 a\.constructor/],
  ['__proto__ in TOML', { 'app.toml': 'a = 1\n__proto__ = 1' }, /app\.toml.* __proto__: /],
  ['a TOML table __proto__', { 'app.toml': '[__proto__]\npolluted = 1' }, /app\.toml.* __proto__: /],
  ['a TOML table constructor', { 'app.toml': '[a.constructor]\npolluted = 1' }, /app\.toml.* a\.constructor: /],
  ['__proto__ in dotenv', { 'app.env': 'a=1\nexport __proto__=1' }, /app\.env:2 __proto__: /],
  ['constructor in dotenv', { 'app.env': 'a.constructor=1' }, /app\.env:1 a\.constructor: /],
  ['__proto__ in properties', { 'app.properties': 'a.__proto__.polluted=1' }, /app\.properties:1:1 a\.__proto__: /],
  [
    '__proto__ escaped in properties',
    { 'app.properties': '\\u005f_proto__.polluted=1' },
    /app\.properties:1:1 __proto__: /,
  ],
  ['__proto__ in INI', { 'app.ini': '[a]\n__proto__ = 1' }, /app\.ini:2 a\.__proto__: /],
  ['__proto__ as a list in INI', { 'app.ini': '__proto__[] = 1' }, /app\.ini:1 __proto__: /],
  ['__proto__ quoted in INI', { 'app.ini': '"\\u005f_proto__" = 1' }, /app\.ini:1 __proto__: /],
  ['an INI section __proto__', { 'app.ini': '[__proto__]\npolluted = 1' }, /app\.ini:1 __proto__: /],
  ['a quoted INI section __proto__', { 'app.ini': '["__proto__"]\npolluted = 1' }, /app\.ini:1 __proto__: /],
  ['an INI section below prototype', { 'app.ini': '[a.prototype.b]\npolluted = 1' }, /app\.ini:1 a\.prototype: /],
  ['a key __proto__', { ['__proto__']: 'x' }, /__proto__: .*not allowed/],
  ['a key with constructor in it', { 'a.constructor.b': 'x' }, /a\.constructor: .*not allowed/],
  ['a folder __proto__', { '__proto__/app.yaml': 'polluted: 1' }, /__proto__: .*not allowed/],
  ['a folder prototype', { 'a/prototype/b': 'x' }, /a\.prototype: .*not allowed/],
]
