import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { createHotConfig, file, volume } from '@hot-config/core'
import type { FileOptions, Format, FormatName, Source, VolumeOptions } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'

import { unwatched } from '../support/unwatched.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formats-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [key, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), text)
  }
}

async function valueOf(source: Source): Promise<unknown> {
  await using config = await createHotConfig({ logger: false, sources: source })
  return config.current
}

const shout: Format = { name: 'shout', parse: (text) => ({ shout: text.trim().toUpperCase() }) }

describe.each([
  ['a volume', true],
  ['a plain folder', false],
])('%s', (_what, isMounted) => {
  const valueWith = async (files: Readonly<Record<string, string>>, options: VolumeOptions): Promise<unknown> => {
    if (isMounted) await (await createConfigMapVolume(folder)).update(files)
    else await write(files)
    return valueOf(volume(folder, options))
  }

  it.each<[pattern: string, matched: readonly string[], others: readonly string[]]>([
    ['app.conf', ['app.conf', 'sub/app.conf'], ['b.conf', 'app.conf.d', 'my-app.conf']],
    ['sub/app.conf', ['sub/app.conf'], ['app.conf', 'a/sub/app.conf']],
    ['.conf', ['app.conf', 'sub/b.conf'], ['app.config', 'conf', 'a.conf.d']],
    ['.CoNf', ['APP.CONF', 'sub/b.conf'], ['app.config']],
    ['*.conf', ['app.conf', 'sub/b.conf'], ['app.config']],
    ['app*', ['app', 'app.conf', 'sub/app.d'], ['my-app']],
    ['sub/*.conf', ['sub/a.conf'], ['a.conf', 'a/sub/a.conf', 'sub/a/b.conf']],
    ['**/x.conf', ['x.conf', 'a/x.conf', 'a/b/x.conf'], ['y.conf']],
    ['sub/', ['sub/a', 'sub/b/c.conf'], ['a']],
    ['?.{conf,cfg}', ['a.conf', 'b.cfg'], ['ab.conf', 'a.ini2']],
  ])('reads what %s matches as the format that is said for it', async (pattern, matched, others) => {
    const files = Object.fromEntries([...matched, ...others].map((key) => [key, `x${matched.length}=1`]))
    const value = await valueWith(files, { formats: { [pattern]: 'properties' } })
    const parsed = JSON.stringify(value).match(/"x\d":"1"/g) ?? []
    const folders = new Set(matched.map((key) => dirname(key)))
    expect(parsed).toHaveLength(folders.size)
    expect(JSON.stringify(value).match(/"x\d=1"/g) ?? []).toHaveLength(others.length)
  })

  it('takes what is no pattern before patterns, and else what comes first', async () => {
    const files = { 'a.conf': 'a=1', 'b.conf': 'b=1', 'sub/b.conf': 'b=1', 'c.conf': 'c=1', 'c.cnf': 'd: 1' }
    const value = await valueWith(files, {
      formats: { '*.conf': 'properties', 'c.*': 'yaml', '.conf': 'yaml', 'b.conf': shout, 'sub/b.conf': 'text' },
    })
    expect(value).toEqual({ a: '1', c: '1', d: 1, shout: 'B=1', sub: { b: { conf: 'b=1' } } })
  })

  it('reads a key against its ending, and as one value', async () => {
    const files = { 'a.json': 'a: 1', 'b.yaml': 'b: 1\n', 'c.env': '[c]\nd=1' }
    const formats = { '.json': 'yaml', 'b.yaml': 'text', '*.env': 'ini' } as const
    expect(await valueWith(files, { formats })).toEqual({ a: 1, b: { yaml: 'b: 1' }, c: { d: '1' } })
  })

  it('reads dotenv files by their names', async () => {
    expect(await valueWith({ '.env': 'a=1\nb=1', '.env.production': 'b=2', 'x.env': 'c=3' }, {})).toEqual({
      a: '1',
      b: '2',
      c: '3',
    })
  })
})

it('a plain folder has no editor files and no examples of dotenv files', async () => {
  const names = [
    '.env.swp',
    '.env.example',
    '.env.sample',
    '.env.template',
    '.env.dist',
    '.env.local~',
    '.envrc',
    '.env.bak',
    '.ENV.OLD',
  ]
  await write({ '.env': 'a=1', ...Object.fromEntries(names.map((name) => [name, 'a=2\nb=2'])) })
  expect(await valueOf(volume(folder))).toEqual({ a: '1' })
})

it.each(['.ENV', '.Env', '.ENV.LOCAL', '.Env.production', 'app.ENV', '.shop.Env'])(
  'a plain folder has %s, as a volume has it, whatever its case',
  async (name) => {
    await write({ [name]: 'a=1' })
    expect(await valueOf(volume(folder))).toEqual({ a: '1' })
    const mounted = await createConfigMapVolume()
    await mounted.update({ [name]: 'a=1' })
    expect(await valueOf(volume(mounted.path))).toEqual({ a: '1' })
    await mounted.remove()
  },
)

describe('a file', () => {
  it.each<[FormatName | Format, string, unknown]>([
    ['dotenv', 'a=1 # b', { a: '1' }],
    ['yaml', 'a: 1', { a: 1 }],
    ['text', 'a: 1', { 'no-ending': 'a: 1' }],
    [shout, 'hello', { shout: 'HELLO' }],
  ])('is read as the format that is said for it: %o', async (format, text, value) => {
    await write({ 'no-ending': text })
    expect(await valueOf(file(join(folder, 'no-ending'), { format }))).toEqual(value)
    const mounted = await createConfigMapVolume(join(folder, 'mounted'))
    await mounted.update({ 'no-ending': text, other: 'x' })
    expect(await valueOf(file(join(mounted.path, 'no-ending'), { format }))).toEqual(value)
  })

  it('stays of its format when it changes', async () => {
    await write({ 'a.conf': 'a=1' })
    await using config = await createHotConfig({
      logger: false,
      sources: unwatched(file(join(folder, 'a.conf'), { format: 'ini' })),
    })
    expect(config.current).toEqual({ a: '1' })
    await write({ 'a.conf': 'a=2' })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ a: '2' })
    await write({ 'a.conf': '[a' })
    expect(await config.reload()).toBe('rejected')
    expect(config.health().lastRejection?.message).toMatch(/a\.conf:1: is not INI/)
  })
})

describe('an option that says a format', () => {
  const expected = '"json", "yaml", "toml", "dotenv", "properties", "ini", "text" or a format'

  it.each(['yml', 'JSON', '', 1, null, {}, { name: 'x' }, { parse: () => ({}) }, [], () => ({})])(
    'takes nothing else: %o',
    (format) => {
      const wrong = format as FormatName
      expect(() => file('/etc/app', { format: wrong })).toThrow(`format: expected ${expected}`)
      expect(() => volume('/etc/config', { formats: { '*.conf': wrong } })).toThrow(
        `formats.*.conf: expected ${expected}`,
      )
    },
  )

  it.each([null, [], 'ini', 1, true])('of keys is an object: %o', (formats) => {
    expect(() => volume('/etc/config', { formats: formats as never })).toThrow(
      "formats: expected an object of formats such as { '*.conf': 'ini' }",
    )
  })

  it('is typed', () => {
    expectTypeOf<NonNullable<FileOptions['format']>>().toEqualTypeOf<FormatName | Format>()
    expectTypeOf<NonNullable<VolumeOptions['formats']>>().toEqualTypeOf<Readonly<Record<string, FormatName | Format>>>()
    // @ts-expect-error yml is an ending and no format
    expect(() => file('/etc/app', { format: 'yml' })).toThrow('format: expected')
    // @ts-expect-error the formats of a volume are said by key
    expect(() => volume('/etc/config', { formats: 'ini' })).toThrow('formats: expected')
  })
})
