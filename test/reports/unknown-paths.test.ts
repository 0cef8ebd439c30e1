import { startHotConfig, values } from '@hot-config/core'
import type { HotConfig, Schema } from '@hot-config/core'
import { namePaths } from '@hot-config/core/internal'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { drive, follow } from '../support/follow.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import type { RecordingLogger } from '../support/recording-logger.ts'

const CONTENT = {
  log: { level: 'info' },
  db: { password: 'correct horse', pool: { max: 4 } },
  servers: [{ host: 'a' }],
  labels: { 'a-b': 'c' },
}

const START = 'the program names paths that neither the schema nor the configuration has: '

const warningsIn = (logger: RecordingLogger): string[] =>
  logger.at('warn').flatMap(({ message }) => (message.startsWith(START) ? [message.slice(START.length)] : []))

const SCHEMAS: Readonly<Record<string, Schema | undefined>> = {
  'no schema': undefined,
  'a function': (input) => input,
  convict: {
    log: { level: { format: String, default: 'info' } },
    db: { password: { format: String, default: '' }, pool: { max: { format: 'nat', default: 1 } } },
    servers: { format: Array, default: [] },
    labels: { format: Object, default: {} },
    later: { format: String, default: null, nullable: true },
  },
  zod: z.object({
    log: z.object({ level: z.string() }),
    db: z.object({ password: z.string(), pool: z.object({ max: z.number() }) }),
    servers: z.array(z.object({ host: z.string(), port: z.number().optional() })),
    labels: z.record(z.string(), z.string()),
    later: z.string().optional(),
  }),
  valibot: v.object({
    log: v.object({ level: v.string() }),
    db: v.object({ password: v.string(), pool: v.object({ max: v.number() }) }),
    servers: v.array(v.object({ host: v.string() })),
    labels: v.record(v.string(), v.string()),
    later: v.optional(v.string()),
  }),
  'JSON Schema': {
    type: 'object',
    properties: {
      log: { type: 'object', properties: { level: { type: 'string' } } },
      db: {
        type: 'object',
        properties: { password: { type: 'string' }, pool: { type: 'object', properties: { max: { type: 'number' } } } },
      },
      servers: { type: 'array', items: { type: 'object', properties: { host: { type: 'string' } } } },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      later: { type: 'string' },
    },
  },
}

const WRONG: readonly (readonly [path: string, meant: string | undefined])[] = [
  ['log.levle', 'log.level'],
  ['lgo.level', 'log.level'],
  ['db.pasword', 'db.password'],
  ['db.pool.maxx', 'db.pool.max'],
  ['databsae', undefined],
  ['log.*.deep', undefined],
  ['db.**.pasword', 'db.**.password'],
  ['log.level.deep', undefined],
  ['log.level.*', undefined],
  ['db.pool.max.*', undefined],
]

const RIGHT = [
  'log',
  'log.level',
  'db.*',
  'labels.*',
  'servers.*.host',
  '**.password',
  'servers[0].host',
  'servers.0',
  'labels["a-b"]',
  '*.level',
  '**',
]

/** Each way in which a program names a path. */
const WAYS: Readonly<Record<string, (config: HotConfig<unknown>, path: string) => unknown>> = {
  onChange: (config, path) => config.onChange(path as never, () => undefined),
  resource: (config, path) => config.resource(path as never, () => ({})),
  '@Mark': (config, path) => namePaths(config, '@Mark', [path]),
}

const text = (what: string, path: string, meant: string | undefined): string =>
  `${what} "${path}"${meant === undefined ? '' : `, did you mean "${meant}"?`}`

describe.each(Object.entries(SCHEMAS))('a path that nobody knows, with %s', (name, schema) => {
  it('is a warning at the start for options, all of them in one line', async () => {
    const [redact, restartRequired] = [WRONG.map(([path]) => path), WRONG.slice(0, 2).map(([path]) => path)]
    await using followed = await follow(values(CONTENT), { schema, redact, restartRequired })
    expect(warningsIn(followed.logger)).toEqual([
      [
        ...WRONG.map(([path, meant]) => text('redact', path, meant)),
        ...WRONG.slice(0, 2).map(([path, meant]) => text('restartRequired', path, meant)),
      ].join('; '),
    ])
  })

  it.each(Object.entries(WAYS))('is one warning later, by %s', async (what, use) => {
    await using followed = await follow(values(CONTENT), { schema })
    for (const [path, meant] of WRONG.filter(([each]) => !each.includes('*'))) {
      followed.logger.lines.length = 0
      for (let time = 0; time < 2; time++) await use(followed.config, path)
      expect(warningsIn(followed.logger)).toEqual([text(what, path, meant)])
    }
  })

  it('is none where it leads somewhere', async () => {
    await using followed = await follow(values(CONTENT), { schema, redact: RIGHT, restartRequired: RIGHT })
    const known = RIGHT.filter((path) => !path.includes('*'))
    for (const use of Object.values(WAYS)) for (const path of known) await use(followed.config, path)
    if (name !== 'no schema' && name !== 'a function') followed.config.onChange('later' as never, () => undefined)
    expect(warningsIn(followed.logger)).toEqual([])
  })
})

describe('a path that nobody knows', () => {
  it('is in the warning at the start when it is named before the first load', async () => {
    const logger = recordingLogger()
    const { config, ready } = startHotConfig({ sources: values(CONTENT), logger, redact: ['db.pasword'] })
    config.onChange('log.levle', () => undefined)
    expect(logger.lines).toEqual([])
    await ready
    expect(warningsIn(logger)).toEqual([
      'redact "db.pasword", did you mean "db.password"?; onChange "log.levle", did you mean "log.level"?',
    ])
    await config.close()
  })

  it('is kept until there is a configuration, each once and no more than 1,000', async () => {
    const logger = recordingLogger()
    const { config, ready } = startHotConfig({ sources: values(CONTENT), logger })
    // as for each client of a service that can't load its configuration
    const subscribe = (path: string): void => config.onChange(path, () => undefined)()
    for (let n = 0; n < 2_000; n++) subscribe('log.levle')
    for (let n = 0; n < 2_000; n++) subscribe(`log.level${n}`)
    await ready
    expect(logger.at('warn').map(({ details }) => details)).toEqual([
      { paths: ['log.levle', ...Array.from({ length: 999 }, (_, n) => `log.level${n}`)] },
    ])
    await config.close()
  })

  it('is found wherever a schema moves a value from or to', async () => {
    const schema = (input: Record<string, unknown>) => ({ moved: input['original'] })
    await using followed = await follow(values({ original: 'text' }), { schema, redact: ['original', 'moved'] })
    expect(warningsIn(followed.logger)).toEqual([])
  })

  it('is known once an update brings it', async () => {
    await using driven = await drive(drivenSource<object>({ a: 1 }))
    await driven.update({ a: 1, later: 1 })
    driven.config.onChange('later' as never, () => undefined)
    expect(warningsIn(driven.logger)).toEqual([])
  })

  it('never suggests a key below a secret, or a key that is one', async () => {
    const content = { tokens: { sk_live_4eC39HqLyjWDarjtT1: 'x'.repeat(20) }, other: 1 }
    await using followed = await follow(values(content))
    followed.config.onChange('tokens.sk_live_4eC39HqLyjWDarjtTX' as never, () => undefined)
    expect(warningsIn(followed.logger)).toHaveLength(1)
    expect(JSON.stringify(followed.logger.lines)).not.toContain('sk_live')
  })

  it('warns of nothing while there is no configuration, and of all once there is one', async () => {
    const logger = recordingLogger()
    const source = drivenSource<object>(new Error('not yet'))
    const { config, ready } = startHotConfig({ sources: source, logger, redact: ['db.pasword'] })
    await ready.catch(() => undefined)
    expect(warningsIn(logger)).toEqual([])
    await config.close()
  })
})

it('takes a key without a value as known, and does not look for it forever', async () => {
  const schema = (input: Record<string, unknown>): object => ({ ...input, deep: { gone: undefined, there: 1 } })
  const { config: typed, logger } = await follow(values({ n: 1 }), { schema })
  await using config = typed as unknown as HotConfig<Record<string, unknown>>
  config.onChange('deep.gone', () => undefined)
  config.onChange('deep.gon', () => undefined)
  expect(warningsIn(logger)).toEqual(['onChange "deep.gon", did you mean "deep.gone"?'])
  expect((await config.explain('deep.gone')).didYouMean).toBeUndefined()
  expect((await config.explain('deep.gon')).didYouMean).toBe('deep.gone')
})
