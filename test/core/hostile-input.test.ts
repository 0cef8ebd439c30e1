import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, env, file, values, volume } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { longestBlock } from '../support/longest-block.ts'
import { unwatched } from '../support/unwatched.ts'

/** The goal is 100; this leaves room for a machine that does other things as well. */
const MAX_BLOCKED_MS = 1_000

const DEEP = 10_000
const MIB = 1024 * 1024

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
const HOSTILE: readonly (readonly [what: string, files: Files, says: RegExp])[] = [
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
  ['__proto__ escaped in properties', { 'app.conf': '\\u005f_proto__.polluted=1' }, /app\.conf:1:1 __proto__: /],
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

let folder: string
const configs: HotConfig<unknown>[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
  await chmod(folder, 0o755)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const config of configs.splice(0)) await config.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(
  sources: Source,
  schema?: (input: Record<string, unknown>) => unknown,
): Promise<HotConfig<Record<string, unknown>>> {
  const config = await createHotConfig({ sources, logger: false, ...(schema && { schema }) })
  configs.push(config)
  return config as HotConfig<Record<string, unknown>>
}

/** Updates and reloads: the update must be refused, with little work, and the good one must serve on. */
async function expectRejection(config: HotConfig<unknown>, says: RegExp): Promise<void> {
  const before = config.snapshot
  const { result, ms } = await longestBlock(() => config.reload())
  expect(result).toBe('rejected')
  expect(ms).toBeLessThan(MAX_BLOCKED_MS)
  expect(config.snapshot).toBe(before)
  const { status, lastRejection } = config.health()
  expect(status).toBe('warn')
  expect(lastRejection?.message).toMatch(says)
  expect(lastRejection?.message.length).toBeLessThan(600)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
}

describe('a volume', () => {
  it.each(HOSTILE)('with %s is refused, and the next good update heals it', async (_what, files, says) => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'good.yaml': 'version: 1' })
    const config = await start(unwatched(volume(folder)))
    await mounted.update(files)
    await expectRejection(config, says)
    await mounted.update({ 'good.yaml': 'version: 2' })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ version: 2 })
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
  })

  it.each(HOSTILE)('with %s from the beginning is an error and not a crash', async (_what, files, says) => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update(files)
    await expect(createHotConfig({ sources: folder, logger: false })).rejects.toThrow(says)
  })

  it('survives all of that, one after the other, while it is watched', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'good.yaml': 'version: 0' })
    const config = await start(volume(folder))
    for (const [index, [, files]] of HOSTILE.entries()) {
      await mounted.update(files)
      await vi.waitFor(() => expect(config.health().status).toBe('warn'), 5_000)
      expect(config.current).toEqual({ version: index })
      await mounted.update({ 'good.yaml': `version: ${index + 1}` })
      await vi.waitFor(() => expect(config.health().status).toBe('pass'), 5_000)
      expect(config.current).toEqual({ version: index + 1 })
    }
  })

  it('refuses a file over a limit of its own', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'a.yaml': 'a: 1' })
    const config = await start(unwatched(volume(folder, { maxBytes: 10 })))
    await mounted.update({ 'a.yaml': 'a: 123456789' })
    await expectRejection(config, /a\.yaml.*limit of 10 bytes/)
    expect(config.current).toEqual({ a: 1 })
  })

  it('takes a file of exactly the limit', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ value: Buffer.alloc(4 * MIB, 'x') })
    const config = await start(unwatched(volume(folder)))
    expect(config.current['value']).toHaveLength(4 * MIB)
  })
})

/** Drops what root may do beyond others, while `run` is at work. */
async function withoutPrivileges<R>(run: () => Promise<R>): Promise<R> {
  if (process.geteuid?.() !== 0) return run()
  process.seteuid?.(65_534)
  try {
    return await run()
  } finally {
    process.seteuid?.(0)
  }
}

const NO_FILES: readonly (readonly [what: string, make: (path: string) => unknown, says: RegExp])[] = [
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), /app\.yaml.*expected a regular file/],
  ['a link to a device', (path) => symlink('/dev/zero', path), /app\.yaml.*expected a regular file/],
  ['a link that leads nowhere', (path) => symlink('nowhere', path), /(?=.*app\.yaml).*no such file/],
  ['a link to itself', (path) => symlink('app.yaml', path), /(?=.*app\.yaml).*too many symbolic links/],
  [
    'a file that may not be read',
    async (path) => {
      await writeFile(path, 'version: 2')
      await chmod(path, 0)
    },
    /(?=.*app\.yaml).*permission denied/,
  ],
  ['a file over the limit', (path) => writeFile(path, Buffer.alloc(5 * MIB, '#')), /app\.yaml.*limit of 4194304 bytes/],
]

describe.each([
  ['file()', () => file(join(folder, 'app.yaml'))],
  ['volume() on a plain folder', () => volume(folder)],
])('%s', (_name, source) => {
  const good = async (version: number): Promise<void> => {
    await rm(join(folder, 'app.yaml'), { recursive: true, force: true })
    await writeFile(join(folder, 'app.yaml'), `version: ${version}`)
  }

  it.each(NO_FILES)('refuses %s, and the next good update heals it', async (_what, make, says) => {
    await good(1)
    const config = await start(unwatched(source()))
    await rm(join(folder, 'app.yaml'))
    await make(join(folder, 'app.yaml'))
    await withoutPrivileges(() => expectRejection(config, says))
    await good(2)
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
    expect(config.current).toEqual({ version: 2 })
  })
})

describe('file()', () => {
  it('refuses a folder, and the next good update heals it', async () => {
    await writeFile(join(folder, 'app.yaml'), 'version: 1')
    const config = await start(unwatched(file(join(folder, 'app.yaml'))))
    await rm(join(folder, 'app.yaml'))
    await mkdir(join(folder, 'app.yaml'))
    await expectRejection(config, /app\.yaml.*expected a regular file/)
    await rm(join(folder, 'app.yaml'), { recursive: true })
    await writeFile(join(folder, 'app.yaml'), 'version: 2')
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
  })
})

/** A source that gives whatever it is told to. */
function given(value: unknown): Source & { value: unknown } {
  const source = {
    name: 'given',
    value,
    read: async () => ({ revision: '1', entries: [{ path: [], value: source.value }] }),
  }
  return source
}

function nested(depth: number): object {
  let value: object = {}
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

function cycle(): object {
  const value: Record<string, unknown> = { deep: {} }
  value['deep'] = { again: [value] }
  return value
}

/** Each object twice in the one around it: few objects, more values than there is memory for. */
function sharedParts(): object {
  let value: object = {}
  for (let level = 0; level < 60; level++) value = { left: value, right: value }
  return value
}

const UNBOUNDED: readonly (readonly [what: string, make: () => unknown, says: RegExp])[] = [
  ['a cycle', cycle, /deep\.again\[0\].* nests deeper than 100/],
  ['an array in itself', () => ({ list: listInItself() }), /list\[0\]\[0\].* nests deeper than 100/],
  ['nesting ten thousand deep', () => nested(DEEP), /a\.a\.a.* nests deeper than 100/],
  ['parts shared without end', sharedParts, /holds too many values/],
]

function listInItself(): unknown[] {
  const list: unknown[] = []
  list.push(list)
  return list
}

describe('a value', () => {
  it.each(UNBOUNDED)('with %s is refused from a source, and the next good one heals it', async (_what, make, says) => {
    const source = given({ version: 1 })
    const config = await start(source)
    source.value = make()
    await expectRejection(config, says)
    source.value = { version: 2 }
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
  })

  it.each(UNBOUNDED)('with %s is refused from a schema, and the next good one heals it', async (_what, make, says) => {
    const source = given({ version: 1 })
    const config = await start(source, (input) => (input['version'] === 2 ? make() : input))
    source.value = { version: 2 }
    await expectRejection(config, says)
    source.value = { version: 3 }
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
  })

  it('with a cycle is refused from values()', async () => {
    await expect(start(values({ loop: cycle() }))).rejects.toThrow(/values loop\.deep\.again: nests deeper/)
  })

  it.each([
    ['values()', () => values(JSON.parse('{"a": {"__proto__": {"polluted": 1}}}') as Record<string, unknown>)],
    ['a source of one’s own', () => ({ ...given(0), read: async () => entryAt(['a', '__proto__', 'polluted']) })],
    ['the environment', () => env({ prefix: 'HOSTILE_', separator: '.' })],
  ])('below __proto__ is refused from %s', async (_name, source) => {
    vi.stubEnv('HOSTILE_a.__proto__.polluted', '1')
    await expect(start(source())).rejects.toThrow(/a\.__proto__: the key "__proto__" is not allowed/)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each(['constructor', 'prototype'])('named %s is refused from the environment', async (name) => {
    vi.stubEnv(`HOSTILE_a.${name}`, '1')
    await expect(start(env({ prefix: 'HOSTILE_', separator: '.' }))).rejects.toThrow(
      `a.${name}: the key "${name}" is not`,
    )
  })

  it('of a class that leads back to itself is refused for convict, which would walk it for ever', async () => {
    class Pool {
      self: Pool = this
    }
    const sources = values({ pool: new Pool() })
    await expect(createHotConfig({ sources, schema: { a: 1 }, logger: false })).rejects.toThrow(
      /pool\.self\.self: nests deeper/,
    )
    expect((await start(sources)).current['pool']).toBeInstanceOf(Pool)
  })
})

function entryAt(path: readonly string[]): { revision: string; entries: { path: readonly string[]; value: string }[] } {
  return { revision: '1', entries: [{ path, value: 'x' }] }
}

describe('a schema', () => {
  it('with a problem at each of ten thousand paths is refused with all of them, in good time', async () => {
    const count = 10_000
    const text = Array.from({ length: count }, (_, index) => `key${index}: wrong`).join('\n')
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'app.yaml': 'version: 1' })
    const issues = Array.from({ length: count }, (_, index) => ({ path: [`key${index}`], message: 'is wrong' }))
    const config = await createHotConfig({
      sources: unwatched(volume(folder)),
      redact: ['key0', '**.password'],
      logger: false,
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) => ('version' in (value as object) ? { value } : { issues }),
        },
      },
    })
    configs.push(config)
    await mounted.update({ 'app.yaml': text })
    const { result, ms } = await longestBlock(() => config.reload())
    expect(result).toBe('rejected')
    expect(config.health().lastRejection?.issues).toHaveLength(count)
    expect(config.health().lastRejection?.issues.at(-1)).toMatchObject({ line: count, column: 1 })
    expect(ms).toBeLessThan(3_000)
  })
})
