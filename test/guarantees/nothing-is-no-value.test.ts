import { EmptiedError, createHotConfig, env, values } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { useServer } from '../kubernetes/support.ts'
import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'
import { FILE_SOURCES } from '../support/file-sources.ts'
import type { FileSource, Files, Held } from '../support/file-sources.ts'
import { follow } from '../support/follow.ts'
import type { Followed } from '../support/follow.ts'
import { proves } from '../requirements.ts'

proves('nothing-is-no-value')

const api = useServer(startFakeApiServer)

/** A service whose limits are off by default. */
const schema = {
  rateLimit: { enabled: { format: Boolean, default: false }, perMinute: { format: 'nat', default: 1_000_000 } },
  admin: { allow: { format: Array, default: ['0.0.0.0/0'] } },
}

const LIMITED = { rateLimit: { enabled: true, perMinute: 60 }, admin: { allow: ['10.0.0.0/8'] } }
const UNLIMITED = { rateLimit: { enabled: false, perMinute: 1_000_000 }, admin: { allow: ['0.0.0.0/0'] } }

const YAML = 'rateLimit: {enabled: true, perMinute: 60}\nadmin: {allow: [10.0.0.0/8]}\n'
const DOTENV = 'RATE_LIMIT__ENABLED=true\nRATE_LIMIT__PER_MINUTE=60\nADMIN__ALLOW=10.0.0.0/8\n'

/** What each format has when somebody took everything out of it. */
const NOTHING: Readonly<Record<string, readonly string[]>> = {
  'app.yaml': [
    '',
    '\n',
    '# managed by Helm\n',
    'null\n',
    '{}\n',
    '---\n',
    'rateLimit: {}\nadmin: {}\n',
    'rateLimit:\nadmin: ~\n',
    ' \n\t\n',
    '\ufeff',
    '\ufeff# nothing\n---\n...\n',
    'admin: {allow: [~]}\n',
    'admin: [{}, {allow: ~}]\n',
  ],
  'app.json': ['{}', 'null', '{"rateLimit":{},"admin":null}', ' {} \n', '\ufeff{}', '{"admin":{"allow":[null,{}]}}'],
  'app.toml': ['', '# nothing\n', '[rateLimit]\n[admin]\n', '\ufeff', ' \t\r\n', '[[admin]]\n'],
  'app.env': ['', '# nothing\n', '\ufeff', ' \t\r\n', 'RATE_LIMIT__ENABLED=\nADMIN__ALLOW="" # none\n'],
  'app.properties': ['', '# nothing\n', '! nothing\n', '\ufeff', ' \t\r\n', 'rateLimit.enabled=\nadmin.allow :\nb'],
  'app.ini': [
    '',
    '; nothing\n',
    '[rateLimit]\n[admin]\n',
    '\ufeff',
    ' \t\r\n',
    'b =\n[rateLimit]\nenabled = ; none\n[admin]\nallow = ""\nallow[] =\n',
  ],
}

const HOLDS_NONE = expect.arrayContaining(['holds no values']) as string[]

const keyOf = ({ onlyKey = 'app.yaml' }: FileSource): string => onlyKey
const goodOf = (kind: FileSource): Files => ({ [keyOf(kind)]: kind.onlyKey === '.env' ? DOTENV : YAML })

/** Every way to take all values of a source away. */
function waysOf(kind: FileSource): [way: string, files: Files | 'take it away', required: boolean][] {
  const texts = NOTHING[kind.onlyKey === '.env' ? 'app.env' : 'app.yaml'] ?? []
  const emptied = texts.map((text): [string, Files, boolean] => [JSON.stringify(text), { [keyOf(kind)]: text }, true])
  // without the file a file() that is required can't be read, which is a rejection of its own
  const none: [string, Files, boolean] = ['no keys at all', {}, kind.onlyKey === undefined]
  return [...emptied, none]
}

/** The warnings of the log that begin like this. */
function linesOf({ logger }: Followed<unknown>, start: string): string[] {
  return logger.at('warn').flatMap(({ message }) => (message.startsWith(start) ? [message] : []))
}

describe.each(FILE_SOURCES)('$kind', (kind) => {
  const make = (): Promise<Held> => kind.make(api)

  it.each(waysOf(kind))('keeps the last good values when it is left with %s', async (_way, files, required) => {
    await using held = await make()
    await held.hold(goodOf(kind))
    await using followed = await follow(held.source({ required }), { schema, recheckMs: 50 })
    await held.hold(files as Files)
    await eventually(() => expect(followed.rejections).toHaveLength(1))
    expect(followed.config.health().status).toBe('warn')
    expect(followed.config.current).toEqual(LIMITED)
    const [rejection] = followed.rejections
    const { name } = followed.config.health().sources[0] ?? {}
    expect(rejection?.error).toMatchObject({ name: 'EmptiedError', code: 'HOT_CONFIG_EMPTIED' })
    expect(rejection?.message).toBe(
      `${name}: holds no values any more, so the last good ones serve; if that is meant, set emptied: 'accept'`,
    )
    expect(linesOf(followed, 'update rejected')).toEqual([expect.stringContaining("set emptied: 'accept'")])
    // the same nothing is one rejection, however often it is read
    expect(await followed.config.reload()).toBe('rejected')
    expect(followed.rejections).toHaveLength(1)

    await held.hold(goodOf(kind))
    await followed.reports({ status: 'pass', lastRejection: null })
    expect(followed.served).toEqual([LIMITED])
  })

  it('keeps the last good values when it is taken away, and serves the next', async () => {
    await using held = await make()
    if (!held.takeAway) return expect(kind.kind).toMatch(/volume|file|dotenv/)
    await held.hold(goodOf(kind))
    await using followed = await follow(held.source(), { schema })
    await held.takeAway()
    await eventually(() => expect(followed.rejections).toHaveLength(1))
    expect(followed.config.current).toEqual(LIMITED)
    await held.hold(goodOf(kind))
    await followed.reports({ status: 'pass' })
    expect(followed.served).toEqual([LIMITED])
  })

  it("loses its values with emptied: 'accept', and says that it holds none", async () => {
    await using held = await make()
    await held.hold(goodOf(kind))
    await using followed = await follow(held.source(), { schema, emptied: 'accept', recheckMs: 50 })
    await held.hold({ [keyOf(kind)]: '# nothing\n' })
    await followed.serves(UNLIMITED)
    await followed.reports({ status: 'warn', lastRejection: null, sources: [{ warnings: HOLDS_NONE }] })
    await held.hold(goodOf(kind))
    await followed.serves(LIMITED)
    await followed.reports({ status: 'pass' })
  })

  it('starts empty with a warning in health and log, and rejects nothing until it held values', async () => {
    await using held = await make()
    await held.hold({ [keyOf(kind)]: '# nothing yet\n' })
    await using followed = await follow(held.source(), { schema, recheckMs: 50 })
    expect(followed.config.current).toEqual(UNLIMITED)
    await followed.reports({ status: 'warn', sources: [{ warnings: HOLDS_NONE }] })
    expect(linesOf(followed, 'check the configuration')).toEqual([expect.stringMatching(/: holds no values$/)])
    await held.hold({ [keyOf(kind)]: '# nothing at all\n' })
    expect(await followed.config.reload()).toBe('unchanged')
    await held.hold(goodOf(kind))
    await followed.serves(LIMITED)
    await followed.reports({ status: 'pass' })
    expect(followed.rejections).toEqual([])
  })

  it('does not start empty where the schema wants a value', async () => {
    await using held = await make()
    await held.hold({ [keyOf(kind)]: '# nothing\n' })
    const required = { name: { format: String, default: null } }
    await expect(createHotConfig({ sources: held.source(), schema: required, logger: false })).rejects.toThrow(/name/)
  })
})

describe('a file of several in one source', () => {
  const OTHER = { 'other.yaml': 'a: 1' }

  for (const [key, texts] of Object.entries(NOTHING)) {
    it.each(texts)(`${key} that held values and is left with %j is a rejection that names it`, async (text) => {
      await using volume = await createConfigMapVolume()
      const good = { 'app.yaml': 'b: 1', 'app.json': '{"b":1}', 'app.toml': 'b = 1' }[key] ?? 'b=1'
      await volume.update({ ...OTHER, [key]: good })
      await using followed = await follow(volume.path)
      await volume.update({ ...OTHER, [key]: text })
      await followed.reports({ status: 'warn' })
      expect(followed.config.current).toMatchObject({ a: 1 })
      expect(followed.rejections[0]?.issues).toEqual([
        {
          code: 'HOT_CONFIG_EMPTIED',
          source: `volume:${volume.path}`,
          file: key,
          message:
            "holds no values any more, so the last good ones serve; if that is meant, take the key away or set emptied: 'accept'",
        },
      ])
      // taking the key away is how an operator says that it is meant
      await volume.update(OTHER)
      await followed.serves({ a: 1 })
      await followed.reports({ status: 'pass' })
    })
  }

  it('that never held values may hold none, and a value may be an empty text', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ ...OTHER, 'later.yaml': '# nothing yet', flag: 'on' })
    await using followed = await follow(volume.path)
    await followed.reports({ status: 'pass' })
    await volume.update({ ...OTHER, 'later.yaml': '# nothing yet, still', flag: '' })
    await followed.serves({ a: 1, flag: '' })
    expect(followed.rejections).toEqual([])
  })

  it.each([
    ['app.yaml', "b: ''\n", { b: '' }],
    ['app.json', '{"b": ""}', { b: '' }],
    ['app.toml', 'b = ""\n', { b: '' }],
    ['app.env', 'b=\nc=1\n', { b: '', c: '1' }],
    ['app.env', 'b=" "\n', { b: ' ' }],
    ['app.properties', 'b=\nc=1\n', { b: '', c: '1' }],
    ['app.ini', 'b =\nc = 1\n', { b: '', c: '1' }],
    ['app.ini', 'b[] =\nb[] = 1\n', { b: ['', '1'] }],
  ])('may have an empty text where somebody wrote it, or beside others: %s %j', async (key, text, value) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ [key]: key === 'app.json' ? '{"a": 1}' : key === 'app.yaml' ? 'a: 1' : 'a = 1' })
    await using followed = await follow(volume.path)
    await volume.update({ [key]: text })
    await followed.serves(value)
    await followed.reports({ status: 'pass' })
    expect(followed.rejections).toEqual([])
  })

  it('each of which is an empty text is nothing', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ password: 'hunter2', user: 'shop' })
    await using followed = await follow(volume.path)
    await volume.update({ password: '', user: ' \n\t' })
    await followed.reports({ status: 'warn' })
    expect(followed.rejections[0]?.error).toMatchObject({ code: 'HOT_CONFIG_EMPTIED' })
    expect(followed.config.current).toEqual({ password: 'hunter2', user: 'shop' })
  })

  it('is one rejection with the others of all sources', async () => {
    await using one = await createConfigMapVolume()
    await using two = await createConfigMapVolume()
    await one.update({ ...OTHER, 'app.yaml': 'b: 1' })
    await two.update({ 'app.yaml': 'c: 1' })
    await using followed = await follow([one.path, two.path], { recheckMs: 3_600_000 })
    await Promise.all([one.update({ ...OTHER, 'app.yaml': '' }), two.update({})])
    await followed.reports({ status: 'warn' })
    await followed.config.reload()
    const error = followed.rejections.at(-1)?.error
    expect(error).toBeInstanceOf(EmptiedError)
    expect(error?.issues.map(({ source, file }) => [source, file])).toEqual([
      [`volume:${one.path}`, 'app.yaml'],
      [`volume:${two.path}`, undefined],
    ])
  })
})

describe('what a program says itself', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('may be nothing at any time: values, the environment, values of a source of its own', async () => {
    vi.stubEnv('NOTHING_A', '1')
    const given: Record<string, unknown> = { b: 1 }
    const driven = drivenSource<Readonly<Record<string, unknown>>>({ c: 1 })
    const sources: Source[] = [values(given), env({ prefix: 'NOTHING_' }), driven]
    await using followed = await follow(sources)
    expect(followed.config.current).toEqual({ a: '1', b: 1, c: 1 })
    vi.unstubAllEnvs()
    delete given['b']
    driven.set({})
    expect(await followed.config.reload()).toBe('changed')
    expect(followed.config.current).toEqual({})
    expect(followed.config.health()).toMatchObject({ status: 'pass', lastRejection: null })
  })
})
