import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, env, file, values, volume, withCanary } from '@hot-config/core'
import type { Entry, HotConfig, Schema, Source } from '@hot-config/core'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'revisions-'))
})

afterEach(() => rm(folder, { recursive: true }))

/** Four digits, of which all ten thousand can be tried. */
const PIN = '4711'

async function revisionOf(source: Source): Promise<string | null | undefined> {
  await using config = await createHotConfig({ sources: source, logger: false })
  return config.health().sources[0]?.revision
}

function given(revision: string, entries: readonly Entry[]): Source {
  return { name: 'given', read: async () => ({ revision, entries }) }
}

describe('the revision of a source with secrets', () => {
  it.each<[string, (path: string) => Source]>([
    ['a file', (path) => file(path, { secret: true })],
    ['a plain folder', () => volume(folder, { secret: true })],
    ['a file with a name of a secret in it', (path) => file(path)],
    ['a plain folder with a name of a secret in it', () => volume(folder)],
  ])('tells whether it changed, and is another one in each process: %s', async (_kind, sourceOf) => {
    const path = join(folder, 'app.json')
    await writeFile(path, JSON.stringify({ password: PIN }))
    await using config = await createHotConfig({ sources: sourceOf(path), logger: false })
    await using other = await createHotConfig({ sources: sourceOf(path), logger: false })
    const revision = (of: HotConfig<unknown>): unknown => of.health().sources[0]?.revision
    const before = revision(config)
    expect(before).toMatch(/^hmac-sha256:[\da-f]{64}$/)
    expect(revision(other)).not.toBe(before)
    await config.reload()
    expect(revision(config)).toBe(before)
    await writeFile(path, JSON.stringify({ password: '4712' }))
    await config.reload()
    expect(revision(config)).not.toBe(before)
  })

  it('is none that a source of somebody else made of its content', async () => {
    const revision = createHash('sha256').update(PIN).digest('hex')
    expect(await revisionOf(given(revision, [{ path: ['pin'], value: PIN, secret: true }]))).not.toContain(revision)
    expect(await revisionOf(given(PIN, [{ path: ['pin'], value: PIN, secret: true }]))).not.toContain(PIN)
    expect(await revisionOf(given(revision, [{ path: ['token'], value: PIN }]))).not.toContain(revision)
  })

  it('is as it is where it says nothing of the content', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'app.json': JSON.stringify({ password: PIN }) })
    expect(await revisionOf(volume(mounted.path, { secret: true }))).toMatch(/^\.\.\d{4}_/)
    const counted: Source = {
      name: 'counted',
      read: async () => ({
        revision: '812',
        opaqueRevision: true,
        entries: [{ path: ['pin'], value: PIN, secret: true }],
      }),
    }
    expect(await revisionOf(counted)).toBe('812')
    expect(await revisionOf(values({ password: PIN }))).toBe('literal')
  })

  it('is as it is where there are no secrets', async () => {
    const path = join(folder, 'app.json')
    await writeFile(path, '{"level":"info"}')
    const digest = createHash('sha256').update('{"level":"info"}').digest('hex')
    expect(await revisionOf(file(path))).toBe(`sha256:${digest}`)
    expect(await revisionOf(given('mine', [{ path: ['level'], value: 'info' }]))).toBe('mine')
  })

  it('of the environment tells nothing of a password in it', async () => {
    process.env['REVISION_TEST_PASSWORD'] = PIN
    expect(await revisionOf(env({ prefix: 'REVISION_TEST_' }))).toMatch(/^hmac-sha256:/)
    delete process.env['REVISION_TEST_PASSWORD']
  })
})

describe('the digest', () => {
  async function digestOf(
    value: object,
    more: { schema?: Schema; secret?: object; redact?: string[] } = {},
  ): Promise<string> {
    const { secret, ...options } = more
    const entries: Entry[] = [
      { path: [], value },
      ...(secret ? [{ path: ['vault'], value: secret, secret: true }] : []),
    ]
    await using config = await createHotConfig({ ...options, sources: given('1', entries), logger: false })
    return config.snapshot.digest
  }

  it('is the same wherever the same configuration runs, and another one for each other', async () => {
    const digest = await digestOf({ level: 'info', rate: 1 })
    expect(digest).toMatch(/^sha256:[\da-f]{64}$/)
    expect(await digestOf({ rate: 1, level: 'info' })).toBe(digest)
    expect(await digestOf({ level: 'info', rate: 2 })).not.toBe(digest)
    expect(await digestOf({ level: 'info', rate: 1, more: 1 })).not.toBe(digest)
  })

  it.each<[string, (pin: string) => Promise<string>]>([
    ['at a redacted path', (pin) => digestOf({ n: 1, vault: { pin } }, { redact: ['vault.pin'] })],
    ['under its name', (pin) => digestOf({ n: 1, password: pin })],
    ['as a key', (pin) => digestOf({ n: 1, tokens: { [pin]: 1 } })],
    ['in a secret entry', (pin) => digestOf({ n: 1 }, { secret: { pin } })],
    [
      'that a schema moves',
      (pin) => {
        const schema = ({ password, n }: Record<string, unknown>): object => ({
          n,
          auth: { code: Number(password), text: `code ${String(password)}`, list: [password], [String(password)]: 1 },
        })
        return digestOf({ n: 1, password: pin }, { schema })
      },
    ],
    [
      'that a schema marks',
      (pin) => digestOf({ code: pin }, { schema: z.object({ code: z.string().meta({ sensitive: true }) }) }),
    ],
  ])('depends on no secret: one %s', async (_where, digestWith) => {
    expect(await digestWith(PIN)).toBe(await digestWith('8022'))
  })

  it('still depends on what is beside a secret', async () => {
    const digest = await digestOf({ db: { password: PIN, host: 'a' } })
    expect(await digestOf({ db: { password: PIN, host: 'b' } })).not.toBe(digest)
    expect(await digestOf({ db: { host: 'a' } })).not.toBe(digest)
  })

  it('depends on no secret of an earlier configuration', async () => {
    const source = drivenSource<{ n: number; secret: object }>(
      { n: 1, secret: { old: 'info' } },
      {
        reading: ({ n, secret }) => ({
          entries: [
            { path: [], value: { n, level: 'info', vault: { plain: 'text' } } },
            { path: ['vault'], value: secret, secret: true },
          ],
        }),
      },
    )
    const schema = (input: Record<string, unknown>): object => ({ ...input, copied: input['level'] })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    source.set({ n: 2, secret: { other: 'something else' } })
    await config.reload()
    const fresh = drivenSource<number>(2, {
      reading: (n) => ({
        entries: [
          { path: [], value: { n, level: 'info', vault: { plain: 'text' } } },
          { path: ['vault'], value: { other: 'something else' }, secret: true },
        ],
      }),
    })
    await using other = await createHotConfig({ sources: fresh, schema, logger: false })
    expect(config.snapshot.digest).toBe(other.snapshot.digest)
  })

  it('of a configuration that a test drives depends on what it is set to', async () => {
    await using config = createTestConfig<Record<string, unknown>>({ n: 1, password: 'a' })
    const { digest } = config.snapshot
    await config.set({ n: 1, password: 'b' })
    expect(config.snapshot.digest).toBe(digest)
    await config.set({ n: 2, password: 'b' })
    expect(config.snapshot.digest).not.toBe(digest)
  })
})

describe('the revision of content that was not taken', () => {
  /** A plain source, such as a file: its revision is a digest of its content. */
  const digested = (name: string, text: string) => {
    return drivenSource<string>(text, {
      name,
      reading: (held) => ({ revision: plainDigest(held), entries: [{ key: 'app.json', bytes: Buffer.from(held) }] }),
    })
  }
  const plainDigest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

  it.each([
    ['can not be parsed', `{"password":"${PIN}"`, '{}'],
    ['stands beside content that can not be parsed', `{"password":"${PIN}"}`, '{'],
    ['is rejected by the schema', `{"n":-1,"password":"${PIN}"}`, '{}'],
  ])('tells nothing of a secret in it: it %s', async (_why, text, other) => {
    const [source, beside] = [digested('one', '{"n":1}'), digested('other', '{"m":1}')]
    const schema = (input: Record<string, unknown>): object => {
      if (input['n'] === -1) throw new Error('n is negative')
      return input
    }
    await using config = await createHotConfig({ schema, sources: [source, beside], logger: false })
    const revision = (): unknown => config.health().sources[0]?.revision
    expect(revision()).toBe(plainDigest('{"n":1}'))
    source.set(text)
    beside.set(other)
    expect(await config.reload()).toBe('rejected')
    expect(revision()).toMatch(/^hmac-sha256:/)
    source.set('{"n":2}')
    beside.set('{"m":2}')
    expect(await config.reload()).toBe('changed')
    expect(JSON.stringify(config.health())).not.toContain(plainDigest(text))
  })

  it('is as it is where a new revision has the same content', async () => {
    const source = drivenSource<number>(1, {
      reading: (n) => ({ revision: `mine-${n}`, entries: [{ key: 'app.json', bytes: Buffer.from('{"n":1}') }] }),
    })
    await using config = await createHotConfig({ sources: source, logger: false })
    source.set(2)
    expect(await config.reload()).toBe('unchanged')
    expect(config.health().sources[0]?.revision).toBe('mine-2')
  })
})

describe('the digest of a canary', () => {
  const SHARE = 'hot-config.share'

  interface Started {
    readonly share?: string
    readonly schema?: Schema
    readonly vault?: object
  }

  /** What a pod says of a canary. Its digest must be the same whether the pod was chosen or not. */
  async function digestIn(file: string, chosen: boolean, { share = '50%', schema, vault }: Started = {}) {
    const entries = (text: string, more: readonly Entry[] = []): readonly Entry[] => [
      { key: 'app.json', bytes: Buffer.from(text) },
      ...more,
    ]
    const stable = given('1', entries('{"n":1}'))
    const canary = {
      ...given('1', entries(file, [{ key: SHARE, bytes: Buffer.from(share) }])),
      name: 'canary',
    }
    process.env['HOT_CONFIG_CANARY'] = chosen ? 'always' : 'never'
    try {
      const secrets = vault ? [given('1', [{ path: ['vault'], value: vault, secret: true }])] : []
      const sources = [...secrets, withCanary(stable, canary)]
      await using config = await createHotConfig({ ...(schema && { schema }), sources, logger: false })
      const { canary: health } = config.health()
      expect(health?.chosen).toBe(chosen)
      return health?.digest
    } finally {
      delete process.env['HOT_CONFIG_CANARY']
    }
  }

  const marked = z.looseObject({ code: z.string().meta({ sensitive: true }).optional() })

  it.each<[string, (pin: string) => string, Started]>([
    ['under its name', (pin) => `{"n":2,"password":"${pin}"}`, {}],
    ['as a key below a name', (pin) => `{"n":2,"tokens":{"${pin}":1}}`, {}],
    ['that a schema marks', (pin) => `{"n":2,"code":"${pin}"}`, { schema: marked }],
    ['where a Secret has a value', (pin) => `{"n":2,"vault":{"pin":"${pin}"}}`, { vault: { pin: '1111' } }],
  ])('depends on no secret, and is the same in every pod: one %s', async (_where, fileOf, more) => {
    const digests: unknown[] = []
    for (const pin of [PIN, '8022']) {
      for (const chosen of [true, false]) digests.push(await digestIn(fileOf(pin), chosen, more))
    }
    expect(digests[0]).toMatch(/^sha256:[\da-f]{64}$/)
    expect(new Set(digests).size).toBe(1)
    const other = fileOf(PIN).replace('"n":2', '"n":3')
    expect(await digestIn(other, false, more)).not.toBe(digests[0])
  })

  it('is that of its keys where there are no secrets', async () => {
    const file = '{"n":2}'
    const digest = `sha256:${createHash('sha256').update(`app.json\0${file.length}\0${file}`).digest('hex')}`
    expect(await digestIn(file, true)).toBe(digest)
    expect(await digestIn(file, false)).toBe(digest)
  })

  it('tells nothing of content that can not be parsed', async () => {
    expect(await digestIn(`{"password":"${PIN}"`, false)).toMatch(/^hmac-sha256:/)
    expect(await digestIn(`{"password":"${PIN}"`, true)).toMatch(/^hmac-sha256:/)
  })
})
