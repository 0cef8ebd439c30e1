import fs from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { createHotConfig, file, volume } from '@hot-config/core'
import type { Reading, Source, VolumeOptions } from '@hot-config/core'
import { KeyChoice } from '@hot-config/core/internal'
import { configMap, configMaps, secret } from '@hot-config/kubernetes'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { freshName, useServer } from '../kubernetes/support.ts'
import { CONFIG_MAPS, SECRETS, must } from '../support/api-server.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'
import { follow } from '../support/follow.ts'

const api = useServer(startFakeApiServer)

const BINARY = Buffer.from([0x30, 0x82, 0xff, 0x00])
const FILES: Readonly<Record<string, string | Buffer>> = {
  'app.yaml': 'a: 1',
  'extra.json': '{"b":1}',
  'keystore.p12': BINARY,
  'tls.crt': 'PEM',
  'tls.key': 'KEY',
}

const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

/** Sources of these files, by the options that choose among them. */
type Make = (files: typeof FILES) => Promise<(options: VolumeOptions) => Source>

const mounted: Make = async (files) => {
  const made = await createConfigMapVolume()
  cleanUp.push(() => made.remove())
  await made.update(files)
  return (options) => volume(made.path, options)
}

const plain: Make = async (files) => {
  const folder = await mkdtemp(join(tmpdir(), 'keys-'))
  cleanUp.push(() => rm(folder, { recursive: true, force: true }))
  for (const [key, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), content)
  }
  return (options) => volume(folder, options)
}

const ofConfigMap: Make = async (files) => {
  const name = freshName()
  const isText = (content: string | Buffer): content is string => typeof content === 'string'
  const data = Object.fromEntries(Object.entries(files).filter(([, content]) => isText(content)))
  const binaryData = Object.fromEntries(
    Object.entries(files).flatMap(([key, content]) => (isText(content) ? [] : [[key, content.toString('base64')]])),
  )
  await must(api.server, 'POST', CONFIG_MAPS, { metadata: { name }, data, binaryData })
  return (options) => configMap({ name, ...api.connection(), ...options })
}

const ofSecret: Make = async (files) => {
  const name = freshName()
  const data = Object.fromEntries(
    Object.entries(files).map(([key, content]) => [key, Buffer.from(content).toString('base64')]),
  )
  await must(api.server, 'POST', SECRETS, { metadata: { name }, data })
  return (options) => secret({ name, ...api.connection(), ...options })
}

const SOURCES: readonly (readonly [name: string, make: Make])[] = [
  ['volume()', mounted],
  ['volume() of a plain folder', plain],
  ['configMap()', ofConfigMap],
  ['secret()', ofSecret],
]

async function keysOf(source: Source): Promise<string[]> {
  const { entries }: Reading = await source.read(new AbortController().signal)
  return entries.flatMap((entry) => ('bytes' in entry ? [entry.key] : [])).sort()
}

describe.each(SOURCES)('%s', (_name, make) => {
  it.each<[options: VolumeOptions, keys: string[]]>([
    [{}, Object.keys(FILES)],
    [{ keys: ['app.yaml'] }, ['app.yaml']],
    [{ keys: ['tls.*'] }, ['tls.crt', 'tls.key']],
    [{ keys: ['*.{yaml,json}'] }, ['app.yaml', 'extra.json']],
    [{ keys: ['app.yaml', '*.nothing'] }, ['app.yaml']],
    [{ keys: ['tls.???'], ignore: ['*.key'] }, ['tls.crt']],
    [{ ignore: ['keystore.p12'] }, ['app.yaml', 'extra.json', 'tls.crt', 'tls.key']],
    [{ ignore: ['*.p12', 'tls.*', '*.none'] }, ['app.yaml', 'extra.json']],
    [{ ignore: [] }, Object.keys(FILES)],
    [{ keys: ['app.yaml', 'none'], required: false }, ['app.yaml']],
    [{ keys: ['app.yaml', 'none'], required: ['app.yaml'] }, ['app.yaml']],
    [{ required: ['app.yaml', 'tls.*'] }, Object.keys(FILES)],
    [{ required: [] }, Object.keys(FILES)],
  ])('with %j reads %j', async (options, keys) => {
    const sourceOf = await make(FILES)
    expect(await keysOf(sourceOf(options))).toEqual(keys)
  })

  it.each<[options: VolumeOptions, missing: string]>([
    [{ keys: ['app.yaml', 'none.yaml', 'never'] }, 'none.yaml, never'],
    [{ required: ['none.yaml'] }, 'none.yaml'],
    [{ required: ['*.toml', 'app.*'] }, '*.toml'],
  ])('with %j rejects for want of %s, and lists what is there', async (options, missing) => {
    const sourceOf = await make(FILES)
    await expect(keysOf(sourceOf(options))).rejects.toThrow(
      `it has no ${missing}; its keys are app.yaml, extra.json, keystore.p12, tls.crt, tls.key`,
    )
  })

  it.each<VolumeOptions>([
    { keys: ['app.yaml'], required: ['tls.key'] },
    { keys: ['tls.key'], ignore: ['tls.*'] },
    { ignore: ['tls.key'], required: ['tls.key'] },
  ])('with %j says that the key is there, but left out', async (options) => {
    const sourceOf = await make(FILES)
    await expect(keysOf(sourceOf(options))).rejects.toThrow(/^keys or ignore leave out tls\.key$/)
  })

  it('says of each required key why it is not read', async () => {
    const sourceOf = await make(FILES)
    await expect(keysOf(sourceOf({ ignore: ['tls.*'], required: ['none', 'tls.crt', 'tls.key'] }))).rejects.toThrow(
      'it has no none; its keys are app.yaml, extra.json, keystore.p12, tls.crt, tls.key; ' +
        'keys or ignore leave out tls.crt, tls.key',
    )
  })

  it('rejects a pattern that ignore does not have', async () => {
    const sourceOf = await make(FILES)
    expect(() => sourceOf({ ignore: ['*.yaml', '!app.yaml'] })).toThrow(
      'ignore: a pattern that begins with "!" is not supported',
    )
  })

  it('rejects a key that is not text with what to write, which works', async () => {
    const sourceOf = await make(FILES)
    const error: unknown = await createHotConfig({ sources: sourceOf({}), logger: false }).catch((e: unknown) => e)
    expect((error as Error).message).toMatch(/ keystore\.p12:1: .*; leave it out with ignore: \['keystore\.p12'\]$/)
    await using followed = await follow(sourceOf({ ignore: ['keystore.p12'] }))
    expect(followed.config.current).toMatchObject({ a: 1, b: 1, tls: { crt: 'PEM', key: 'KEY' } })
  })

  it.each([
    ['log4j.properties', 'log4j.logger.shop=DEBUG\nlog4j.logger.shop.checkout=INFO\n', 'log4j.logger.shop'],
    ['messages.env', 'cart=Cart\ncart.empty=Empty\n', 'cart'],
    ['other.ini', 'a=1\n[a]\nb=1\n', 'a'],
  ])(
    'rejects %s, of which a tree can hold only one part, with line, path and what to write',
    async (key, text, path) => {
      const sourceOf = await make({ 'app.yaml': 'port: 1', [key]: text })
      // no path of a Secret is shown
      const shown = make === ofSecret ? '' : ` ${path}`
      const error: unknown = await createHotConfig({ sources: sourceOf({}), logger: false }).catch((e: unknown) => e)
      expect((error as Error).message).toMatch(
        new RegExp(`${key}:2.*${shown}: .*; leave it out with ignore: \\['${key}'\\]$`),
      )
      await using followed = await follow(sourceOf({ ignore: [key] }))
      expect(followed.config.current).toEqual({ port: 1 })
    },
  )

  it('gives no such advice for a mistake in a file that somebody edits', async () => {
    const sourceOf = await make({ 'app.yaml': 'a: [' })
    const error: unknown = await createHotConfig({ sources: sourceOf({}), logger: false }).catch((e: unknown) => e)
    expect((error as Error).message).not.toMatch(/ignore/)
  })
})

describe('configMaps()', () => {
  it('chooses keys wherever they are, and requires those that are listed in one of them', async () => {
    const app = freshName()
    for (const [name, data] of Object.entries({ a: { 'app.yaml': 'a: 1', x: '1' }, b: { 'b.yaml': 'b: 1', x: '2' } })) {
      await must(api.server, 'POST', CONFIG_MAPS, { metadata: { name: `${app}-${name}`, labels: { app } }, data })
    }
    const options = { labelSelector: `app=${app}`, ...api.connection() }
    expect(await keysOf(configMaps({ ...options, keys: ['*.yaml', 'none'] }))).toEqual(['app.yaml', 'b.yaml'])
    expect(await keysOf(configMaps({ ...options, ignore: ['x'], required: ['b.yaml'] }))).toEqual([
      'app.yaml',
      'b.yaml',
    ])
    await expect(keysOf(configMaps({ ...options, required: ['none'] }))).rejects.toThrow(
      'it has no none; its keys are app.yaml, b.yaml, x',
    )
  })
})

describe('a required file of a plain folder that is hidden', () => {
  it.each<VolumeOptions>([
    { required: ['.dockerconfigjson'] },
    { keys: ['.docker*'], required: ['.dockerconfigjson'] },
    { required: ['.docker*', '.dockerconfigjson', 'app.yaml'] },
  ])('is rejected with what to write, which works: %j', async (options) => {
    const sourceOf = await plain({ 'app.yaml': 'a: 1', '.dockerconfigjson': '{}' })
    const reading = keysOf(sourceOf(options))
    await expect(reading).rejects.toThrow(/(?:^|; )\.dockerconfigjson is hidden: name it in keys$/)
    expect(await keysOf(sourceOf({ ...options, keys: ['app.yaml', '.dockerconfigjson'] }))).toContain(
      '.dockerconfigjson',
    )
  })
})

const TREE = {
  'app.yaml': 'a: 1',
  'certs/tls.crt': 'PEM',
  'certs/old/tls.crt': 'OLD',
  'certs/keystore.p12': BINARY,
  'private/keystore.p12': BINARY,
}

describe.each([
  ['a volume', mounted],
  ['a plain folder', plain],
] as const)('folders in the keys of %s', (_name, make) => {
  it.each<[options: VolumeOptions, says: RegExp]>([
    [{ keys: ['certs'] }, /^certs is a folder: write certs\/\*\*$/],
    [{ required: ['certs', 'app.yaml'] }, /^certs is a folder: write certs\/\*\*$/],
    [{ keys: ['none', 'certs'] }, /^it has no none; its keys are app\.yaml, certs\/, private\/; certs is a folder/],
  ])('that are required as keys are rejected with what to write: %j', async (options, says) => {
    const sourceOf = await make(TREE)
    await expect(keysOf(sourceOf(options))).rejects.toThrow(says)
    const keys = ['certs/tls.crt', 'certs/old/tls.crt', 'certs/keystore.p12'].toSorted()
    expect(await keysOf(sourceOf({ keys: ['certs/**'], required: ['certs/**'] }))).toEqual(keys)
  })

  it.each<[options: VolumeOptions, keys: string[]]>([
    // whole keys, as they are in a ConfigMap
    [{ keys: ['app.yaml', 'certs/tls.crt'] }, ['app.yaml', 'certs/tls.crt']],
    [{ keys: ['*'] }, ['app.yaml']],
    [{ keys: ['*/tls.crt'] }, ['certs/tls.crt']],
    [{ keys: ['**/tls.crt'] }, ['certs/old/tls.crt', 'certs/tls.crt']],
    [{ keys: ['certs/**'], ignore: ['*.p12'] }, ['certs/old/tls.crt', 'certs/tls.crt']],
    // as in .gitignore: names in any folder, folders with all that is in them
    [{ ignore: ['*.p12'] }, ['app.yaml', 'certs/old/tls.crt', 'certs/tls.crt']],
    [{ ignore: ['keystore.p12', 'old/'] }, ['app.yaml', 'certs/tls.crt']],
    [{ ignore: ['certs/*.p12', '/private'] }, ['app.yaml', 'certs/old/tls.crt', 'certs/tls.crt']],
    [{ ignore: ['**/old/**', 'private', '*.p12'] }, ['app.yaml', 'certs/tls.crt']],
    [{ ignore: ['certs', 'private'] }, ['app.yaml']],
  ])('with %j are read as %j', async (options, keys) => {
    expect(await keysOf((await make(TREE))(options))).toEqual(keys)
  })
})

describe('what is not chosen', () => {
  it.each([
    ['a volume', mounted],
    ['a plain folder', plain],
  ] as const)('is never opened in %s, and so may be large, unreadable or no file at all', async (_name, make) => {
    const sourceOf = await make({ 'app.yaml': 'a: 1', 'large.bin': '', 'locked.yaml': 'b: 1', 'sub/x.yaml': '{' })
    const { name } = sourceOf({})
    const folder = fs.realpathSync(
      fs.existsSync(join(name.slice(7), '..data')) ? join(name.slice(7), '..data') : name.slice(7),
    )
    await truncate(join(folder, 'large.bin'), 100 * 1024 * 1024)
    await chmod(join(folder, 'locked.yaml'), 0)
    await symlink('nowhere', join(folder, 'dangling.yaml'))
    const opened: string[] = []
    const { openSync } = fs
    fs.openSync = (...args) => {
      opened.push(String(args[0]))
      return openSync(...args)
    }
    syncBuiltinESMExports()
    try {
      expect(await keysOf(sourceOf({ keys: ['app.yaml'] }))).toEqual(['app.yaml'])
      expect(await keysOf(sourceOf({ ignore: ['large.bin', '*ed.yaml', 'dangling.*', 'sub'] }))).toEqual(['app.yaml'])
    } finally {
      fs.openSync = openSync
      syncBuiltinESMExports()
    }
    expect(new Set(opened.map((path) => path.replace(/.*\//, '')))).toEqual(new Set(['app.yaml']))
  })

  it('causes no check in a plain folder, however often it is written', async () => {
    const sourceOf = await plain({ 'app.yaml': 'a: 1', 'cache.db': '' })
    const source = sourceOf({ ignore: ['cache.db'] })
    const folder = source.name.slice('volume:'.length)
    await using followed = await follow(source, { recheckMs: 3_600_000 })
    for (let count = 0; count < 20; count++) await writeFile(join(folder, 'cache.db'), String(count))
    await writeFile(join(folder, 'app.yaml'), 'a: 2')
    await followed.serves({ a: 2 })
    expect(followed.config.health().reloads.unchanged).toBeLessThan(5)
  })

  it('may be hidden files that are asked for by name in a plain folder', async () => {
    const sourceOf = await plain({ 'app.yaml': 'a: 1', '.hidden.yaml': 'b: 1', '.git/config': '[core]' })
    expect(await keysOf(sourceOf({}))).toEqual(['app.yaml'])
    expect(await keysOf(sourceOf({ keys: ['*'] }))).toEqual(['app.yaml'])
    expect(await keysOf(sourceOf({ keys: ['app.yaml', '.hidden.yaml'] }))).toEqual(['.hidden.yaml', 'app.yaml'])
  })
})

it('a file that is not text has no advice where there is no such option', async () => {
  const sourceOf = await plain({ 'keystore.p12': BINARY })
  const path = join(sourceOf({}).name.slice('volume:'.length), 'keystore.p12')
  const error: unknown = await createHotConfig({ sources: file(path), logger: false }).catch((e: unknown) => e)
  expect((error as Error).message).toMatch(/not UTF-8/)
  expect((error as Error).message).not.toMatch(/ignore/)
})

describe('a pattern', () => {
  it.each<[pattern: string, matches: string[], others: string[]]>([
    ['a.yaml', ['a.yaml'], ['aXyaml', 'b/a.yaml', 'a.yaml/b']],
    ['*', ['a', '.env', 'a.b.c'], ['a/b']],
    ['a?c', ['abc', 'a.c'], ['ac', 'abbc', 'a/c']],
    ['**', ['a', 'a/b', 'a/b/c'], []],
    ['a/**', ['a/b', 'a/b/c'], ['b/a', 'ab/c']],
    ['**/c', ['c', 'a/c', 'a/b/c'], ['c/d', 'ac']],
    ['a/**/c', ['a/c', 'a/b/c', 'a/b/b/c'], ['a/b', 'ac']],
    ['{a,b}.{x,y}', ['a.x', 'a.y', 'b.x', 'b.y'], ['c.x', '{a,b}.x']],
    ['a+(b)[c].$', ['a+(b)[c].$'], ['aab', 'abc.']],
  ])('%s matches %j and not %j', (pattern, matches, others) => {
    const choice = new KeyChoice([pattern])
    expect(matches.filter((key) => !choice.takes(key))).toEqual([])
    expect(others.filter((key) => choice.takes(key))).toEqual([])
    // a folder is entered whenever something in it may match
    const folders = matches.flatMap((key) => key.split('/').map((_, index, names) => names.slice(0, index).join('/')))
    expect(folders.filter((folder) => folder !== '' && !choice.enters(folder))).toEqual([])
  })
})
