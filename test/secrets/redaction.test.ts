import { inspect } from 'node:util'

import { createHotConfig } from '@hot-config/core'
import type { HotConfig, HotConfigOptions, Reading, Rejection } from '@hot-config/core'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { loadError } from '../support/load-error.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import type { RecordingLogger } from '../support/recording-logger.ts'
import { proves } from '../requirements.ts'

proves('secrets-stay-secret')

type Tree = Readonly<Record<string, unknown>>

/** Text, a number, text with what JSON and URLs escape, text with spaces around it, and one that begins with another. */
const SECRETS = {
  password: 'hunter22',
  longer: 'hunter22-and-more',
  pin: 774_411,
  quoted: 'a"b\\c\nd/Üe',
  padded: '  padded-secret\n',
}
const FORMS = /hunter22|and-more|774411|a"b|a\\"b|a\\\\"b|a%22b|padded-secret/

interface Content {
  readonly value: Tree
  /** What is below `vault`, in an entry that is marked as secret. */
  readonly secret?: Tree | undefined
}

const reading = ({ value, secret }: Content): Partial<Reading> => ({
  entries: [{ path: [], value }, ...(secret ? [{ path: ['vault'], value: secret, secret: true }] : [])],
})

const given = (value: Tree, secret?: Tree): DrivenSource<Content> => drivenSource({ value, secret }, { reading })

/** Starts with one content and goes on with others; gives everything that became visible on the way. */
async function watchOutward(
  source: DrivenSource<Content>,
  options: HotConfigOptions,
  updates: readonly (Tree | { readonly value: Tree; readonly secret: Tree })[],
): Promise<{ readonly text: string; readonly config: HotConfig<unknown>; readonly logger: RecordingLogger }> {
  const logger = recordingLogger()
  const config: HotConfig<unknown> = await createHotConfig({ ...options, sources: source, logger })
  const rejections: Rejection[] = []
  config.onReject((rejection) => rejections.push(rejection))
  config.onChange(({ next }) => {
    throw new Error(`a listener that quotes ${JSON.stringify(next.value)}`)
  })
  config.onChange(async ({ next }) => {
    await Promise.reject(new Error(`a promise that quotes ${String(Object.values(flat(next.value)))}`))
  })
  for (const update of updates) {
    source.set('secret' in update ? (update as Content) : { value: update })
    await config.reload()
  }
  const changes = config.health().reloads.changed
  await eventually(() => expect(config.health().listenerErrors).toBe(2 * changes))
  const text = outwardText(config, logger, rejections)
  await config.close()
  return { text, config, logger }
}

function flat(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.assign({}, ...Object.entries(value).map(([key, below]) => flatBelow(key, below)))
    : {}
}

function flatBelow(key: string, below: unknown): Record<string, unknown> {
  return typeof below === 'object' && below !== null ? flat(below) : { [key]: below }
}

const refuseEverythingBut = (allowed: readonly unknown[]) => (input: Record<string, unknown>) => {
  if (!allowed.includes(input['version'])) {
    throw new Error(`can't take ${JSON.stringify(input)}: ${String(Object.values(flat(input)))}`)
  }
  return input
}

describe('what is redacted', () => {
  it.each([
    ['a path', ['db.password', 'db.longer', 'db.pin', 'db.quoted', 'db.padded'], (secrets: Tree) => ({ db: secrets })],
    ['the path around it', ['db'], (secrets: Tree) => ({ db: { deep: [secrets] } })],
    ['a path with one wildcard', ['*.auth'], (secrets: Tree) => ({ db: { auth: secrets } })],
    ['a wildcard for an index', ['servers[*].auth'], (secrets: Tree) => ({ servers: [{}, { auth: secrets }] })],
    ['a wildcard at the end', ['db.*'], (secrets: Tree) => ({ db: secrets })],
    ['a wildcard for any depth', ['**.auth'], (secrets: Tree) => ({ a: { b: [{ auth: secrets }] } })],
    ['a wildcard for any depth below', ['a.**.auth'], (secrets: Tree) => ({ a: { auth: secrets } })],
    ['everything', ['**'], (secrets: Tree) => ({ a: secrets })],
  ])('by %s never appears in errors, health, history or the log', async (_what, redact, wrap) => {
    const changed = { ...SECRETS, password: 'hunter22-new' }
    const { text, config } = await watchOutward(
      given({ version: 1, ...wrap(SECRETS) }),
      {
        redact,
        schema: refuseEverythingBut([1, 2]),
      },
      [
        { version: 2, ...wrap(changed) },
        { version: 3, ...wrap({ ...SECRETS, password: 'hunter22-newest' }) },
      ],
    )
    expect(config.health().reloads).toMatchObject({ changed: 1, rejected: 1 })
    expect(text).not.toMatch(FORMS)
    expect(text).toContain('[redacted]')
    expect(text).toContain("can't take")
    expect(text).toContain('a listener that quotes')
    expect(text).toContain('a promise that quotes')
  })

  it('by the source, entry by entry, never appears, whatever its path', async () => {
    const source = given({ version: 1, vault: { open: 'to see' } }, SECRETS)
    const { text, config } = await watchOutward(source, { schema: refuseEverythingBut([1, 2]) }, [
      { value: { version: 2 }, secret: { ...SECRETS, added: 'hunter22-added' } },
      { value: { version: 3 }, secret: { other: 'hunter22-other' } },
    ])
    expect(config.health().reloads).toMatchObject({ changed: 1, rejected: 1 })
    expect(text).not.toMatch(FORMS)
    expect(config.history()[0]).toMatchObject({
      differences: [
        { path: 'vault.open', before: 'to see', after: undefined },
        // the keys of a secret are secrets, unless the schema declares them
        { path: 'vault', before: '[redacted]', after: '[redacted]' },
        { path: 'version', before: 1, after: 2 },
      ],
    })
  })

  it('does not keep other values from being shown', async () => {
    const { text, config } = await watchOutward(given({ a: { b: 'shown', c: 'hidden' } }), { redact: ['a.c'] }, [
      { a: { b: 'shown too', c: 'hidden too' } },
    ])
    expect(text).toContain('shown too')
    expect(text).not.toContain('hidden')
    expect(config.history()).toMatchObject([
      {
        differences: [
          { path: 'a.b', before: 'shown', after: 'shown too' },
          { path: 'a.c', before: '[redacted]', after: '[redacted]' },
        ],
      },
    ])
  })

  it('is hidden when a part around it is added or removed', async () => {
    const { text, config } = await watchOutward(given({ version: 1 }), { redact: ['a.b.c'] }, [
      { a: { b: { c: 'hidden', d: 'shown' } } },
      {},
    ])
    expect(text).not.toContain('hidden')
    expect(config.history()).toMatchObject([
      { differences: [{ path: 'version' }, { path: 'a', after: { b: { c: '[redacted]', d: 'shown' } } }] },
      { differences: [{ path: 'a', before: { b: { c: '[redacted]', d: 'shown' } } }] },
    ])
  })

  it('is hidden in class instances and maps, which are then not shown at all', async () => {
    class Database {
      readonly password: string
      readonly self: Database = this
      constructor(password: string) {
        this.password = password
      }
    }
    const schema = ({ password }: Record<string, unknown>): unknown => ({
      db: new Database(String(password)),
      map: new Map([['password', password]]),
      open: new Map([['name', password === 'hunter22' ? 'shown' : 'shown too']]),
    })
    const { text, config } = await watchOutward(
      given({ password: 'hunter22' }),
      { schema, redact: ['password', 'db.password', 'map.password'] },
      [],
    )
    expect(text).not.toMatch(FORMS)
    await config.close()
    const logger = recordingLogger()
    const source = given({ password: 'hunter22' })
    await using running = await createHotConfig({ schema, sources: source, redact: ['**.password'], logger })
    running.onChange((change) => {
      throw new Error(`quotes ${(change.next.value as { db: Database }).db.password}`)
    })
    source.set({ value: { password: 'hunter22-new' } })
    expect(await running.reload()).toBe('changed')
    expect(outwardText(running, logger)).not.toMatch(FORMS)
    expect(running.health().listenerErrors).toBe(1)
    expect(running.history()).toMatchObject([
      {
        differences: [
          { path: 'db', before: '[redacted]', after: '[redacted]' },
          { path: 'map', before: '[redacted]', after: '[redacted]' },
          { path: 'open', after: new Map([['name', 'shown too']]) },
        ],
      },
    ])
  })

  it.each<[string, (secret: Tree) => unknown]>([
    ['to another path', ({ password, pin }) => ({ db: { password, pin: Number(pin) } })],
    ['into another text', ({ password, pin }) => ({ dsn: `pg://user:${String(password)}@host/${String(pin)}` })],
    ['into a list', ({ password, pin }) => ({ list: [{ it: password }, pin] })],
    ['into a URL', ({ password }) => ({ url: new URL(`pg://user:${String(password)}@host/`) })],
    ['into a map', ({ password }) => ({ map: new Map([['it', password]]) })],
    [
      'into an instance',
      ({ password }) => ({
        instance: new (class {
          it = password
        })(),
      }),
    ],
  ])('of a secret entry is hidden where a schema moves it %s', async (_where, move) => {
    const schema = ({ vault, ...others }: Record<string, unknown>): object => ({
      ...others,
      ...(move(vault as Tree) as object),
    })
    const source = given({ version: 1 }, { password: 'hunter22', pin: '774411' })
    const logger = recordingLogger()
    await using config = await createHotConfig({ schema, sources: source, logger })
    config.onChange(({ next }) => {
      throw new Error(`a listener that quotes ${inspect(next.value, { depth: 9 })} ${JSON.stringify(next.value)}`)
    })
    source.set({ value: { version: 2 }, secret: { password: 'hunter22-and-more', pin: '774411' } })
    expect(await config.reload()).toBe('changed')
    config.beforeChange(({ next }) => {
      throw new Error(`a veto that quotes ${inspect(next.value, { depth: 9 })} ${JSON.stringify(next.value)}`)
    })
    source.set({ value: { version: 3 }, secret: { password: 'hunter22', pin: '774411' } })
    expect(await config.reload()).toBe('rejected')
    expect(config.health().listenerErrors).toBe(1)
    expect(outwardText(config, logger)).not.toMatch(FORMS)
    expect(outwardText(config, logger)).toContain('version')
  })

  it('hides no other values when a secret entry is empty', async () => {
    const source = given({ log: { level: 'info' } }, {})
    const asRoot = drivenSource({}, { reading: () => ({ entries: [{ path: [], value: { log: {} }, secret: true }] }) })
    await using config = await createHotConfig({ sources: [source, asRoot], logger: false })
    source.set({ value: { log: { level: 'debug' } }, secret: {} })
    await config.reload()
    expect(config.history()).toMatchObject([{ differences: [{ path: 'log.level', before: 'info', after: 'debug' }] }])
  })

  it('is not in the error of a first load', async () => {
    const db = v.object({ password: v.pipe(v.string(), v.minLength(50)), pin: v.string(), name: v.number() })
    for (const schema of [v.object({ db }), refuseEverythingBut([])]) {
      const sources = given({ db: { ...SECRETS, name: 'open-name' } })
      const redact = ['**.password', '**.pin', '**.longer', '**.quoted', '**.padded']
      const error = await loadError(createHotConfig({ schema, sources, redact, logger: false }))
      expect(wholeError(error)).not.toMatch(FORMS)
    }
  })

  it('is not shown by the path next to it, whose message quotes it', async () => {
    const schema = v.pipe(
      v.object({ password: v.string(), again: v.string() }),
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed || dataset.value.password === dataset.value.again) return
        addIssue({
          message: `expected ${dataset.value.password}, not ${dataset.value.again}`,
          path: pathTo('again', dataset),
        })
      }),
    )
    const sources = given({ password: 'hunter22', again: 'something' })
    const error = await loadError(createHotConfig({ schema, sources, redact: ['password'], logger: false }))
    expect(error).toMatchObject({ issues: [{ path: 'again', message: 'expected [redacted], not this value' }] })
  })
})

function pathTo(key: string, dataset: { readonly value: object }): [v.IssuePathItem] {
  const input = dataset.value as Record<string, unknown>
  return [{ type: 'object', origin: 'value', input, key, value: input[key] }]
}
