import { createHotConfig, values } from '@hot-config/core'
import type { Entry, Rejection } from '@hot-config/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { loadError } from '../support/load-error.ts'
import { outwardText, wholeError } from '../support/outward.ts'
import { recordingLogger } from '../support/recording-logger.ts'

/** A key that is a secret. */
const KEY = 'sk_live_51HqZ'

const plain = (value: object): Entry[] => [{ path: [], value }]
const hidden = (value: object): Entry[] => [{ path: ['vault'], value, secret: true }]

describe('a key below something that is covered', () => {
  it.each<[string, (n: number) => Entry[], readonly string[], string]>([
    ['by a redacted path', (n) => plain({ vault: { [KEY]: n } }), ['vault'], 'vault'],
    ['by a pattern', (n) => plain({ a: { vault: { [KEY]: { n } } } }), ['a.*'], 'a.vault'],
    ['by a name', (n) => plain({ tokens: { [KEY]: { n } } }), [], 'tokens'],
    ['by a secret entry', (n) => hidden({ [KEY]: { n } }), [], 'vault'],
  ])('is in no path: %s', async (_why, entriesOf, redact, path) => {
    const logger = recordingLogger()
    const source = drivenSource<number>(1, { reading: (n) => ({ entries: [...entriesOf(n), ...plain({ n })] }) })
    const rejections: Rejection[] = []
    const changed: (readonly string[])[] = []
    await using config = await createHotConfig({
      sources: source,
      redact,
      logger,
      schema: z.looseObject({ n: z.number() }).superRefine((value, context) => {
        if (value.n !== 3) return
        const { n: _n, ...others } = value
        for (const place of pathsIn(others))
          context.addIssue({ code: 'custom', message: `${place.join('.')} is wrong`, path: place })
      }),
    })
    config.onReject((rejection) => rejections.push(rejection))
    config.onChange(({ paths }) => changed.push(paths))
    source.set(2)
    expect(await config.reload()).toBe('changed')
    expect(changed).toEqual([expect.arrayContaining([path, 'n'])])
    expect(config.history()).toMatchObject([
      { differences: expect.arrayContaining([{ path, before: '[redacted]', after: '[redacted]' }]) },
    ])
    source.set(3)
    expect(await config.reload()).toBe('rejected')
    expect(rejections[0]?.issues.map((issue) => issue.path)).toContain(path)
    expect(outwardText(config, logger, rejections) + JSON.stringify(changed)).not.toContain(KEY.slice(0, 6))
  })

  it.each([{ [KEY]: {} }, { [KEY]: { deep: {} } }, { deep: { [KEY]: {} } }])(
    'is in no path and no value, also where nothing has a value: %#',
    async (below) => {
      const logger = recordingLogger()
      const source = drivenSource<object>({}, { reading: (value) => ({ entries: hidden(value) }) })
      await using config = await createHotConfig({ sources: [source, values({ n: 1 })], logger })
      source.set(below)
      expect(await config.reload()).toBe('changed')
      expect(outwardText(config, logger, [])).not.toContain(KEY.slice(0, 6))
      source.set({})
      expect(await config.reload()).toBe('changed')
      expect(outwardText(config, logger, [])).not.toContain(KEY.slice(0, 6))
    },
  )

  it('is in no path that waits for a restart', async () => {
    const logger = recordingLogger()
    const waiting: (readonly string[])[] = []
    const source = drivenSource({ tokens: { [KEY]: 1 }, open: { it: 1 } })
    await using config = await createHotConfig({
      sources: source,
      logger,
      restartRequired: [`tokens.${KEY}`, 'open.it'],
      onPendingRestart: (paths) => waiting.push(paths),
    })
    source.set({ tokens: { [KEY]: 2 }, open: { it: 2 } })
    await config.reload()
    expect(config.health().pendingRestart).toEqual(['open.it', 'tokens'])
    expect(waiting).toEqual([['open.it', 'tokens']])
    expect(outwardText(config, logger)).not.toContain(KEY)
  })

  it('is in no warning of a name that the schema does not know', async () => {
    const logger = recordingLogger()
    const entries: Entry[] = [...plain({ tokens: { [KEY]: 1 }, other: 1 }), ...hidden({ [KEY]: 1 })]
    const source = drivenSource(0, { reading: () => ({ entries }) })
    const schema = z.object({ tokens: z.object({}), vault: z.object({}) })
    await using config = await createHotConfig({ sources: source, schema, logger })
    expect(outwardText(config, logger)).not.toContain(KEY)
    expect(config.health().sources[0]?.warnings.join()).toContain('other')
  })

  it.each<[string, string]>([
    ['app.json', `{"tokens": {"${KEY}": {"__proto__": 1}}}`],
    ['app.yaml', `tokens:\n  ${KEY}:\n    constructor: 1\n`],
    ['app.properties', `tokens.${KEY}.a = 1\ntokens.${KEY} = 2\n`],
  ])('is in no error of a parser: %s', async (key, text) => {
    for (const secret of [true, false]) {
      const source = drivenSource(0, { reading: () => ({ entries: [{ key, bytes: Buffer.from(text), secret }] }) })
      const error = await loadError(createHotConfig({ sources: source, logger: false }))
      expect(error.issues).toMatchObject([{ file: key }])
      expect(wholeError(error)).not.toContain(KEY)
    }
  })
})

describe('a key in the open', () => {
  it('is shown, also where a secret shares a part of it or is the same', async () => {
    const source = drivenSource(1, {
      reading: (n) => ({
        entries: [
          ...plain({ 'database-server': { n }, hunter22: { n } }),
          ...hidden({ it: 'a-database-server-password', other: 'hunter22' }),
        ],
      }),
    })
    await using config = await createHotConfig({ sources: source, logger: false })
    source.set(2)
    await config.reload()
    const [entry] = config.history()
    expect(entry?.type === 'change' && entry.differences.map(({ path }) => path)).toEqual([
      'database-server.n',
      'hunter22.n',
    ])
  })

  it('is not shown when a schema made it of a secret', async () => {
    const source = drivenSource({ password: 'hunter22', n: 1 })
    const schema = ({ password, n }: Record<string, unknown>): object => ({ n, users: { [String(password)]: n } })
    await using config = await createHotConfig({ sources: source, schema, logger: false })
    source.set({ password: 'hunter22', n: 2 })
    await config.reload()
    expect(config.history()).toMatchObject([
      { differences: [{ path: 'n' }, { path: 'users', before: '[redacted]', after: '[redacted]' }] },
    ])
  })
})

/** The paths of all values. */
function pathsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return Object.entries(value).flatMap(([key, below]) => pathsIn(below, [...path, key]))
}
