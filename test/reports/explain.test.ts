import { answerHealth, createHotConfig, env, values, volume, withCanary } from '@hot-config/core'
import type { Explanation, HotConfig, Source } from '@hot-config/core'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { drive, follow } from '../support/follow.ts'
import { drivenSource, fileEntries } from '../support/driven-source.ts'

let mounted: ConfigMapVolume

beforeEach(async () => {
  mounted = await createConfigMapVolume()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await mounted.remove()
})

const source = (): string => `volume:${mounted.path}`

/** The section of values on the health page, as text. */
const page = async (config: HotConfig<never> | HotConfig<unknown>): Promise<string> => {
  const { body } = await answerHealth(config, { headers: { accept: 'text/html' } }, { page: true })
  const [, section = ''] =
    /<section aria-labelledby="values">(.*?)<\/section>/s.exec(typeof body === 'string' ? body : '') ?? []
  return section
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ')
}

/** What there is to say of a value that one source gives and nothing overrides. */
const PLAIN = {
  overrides: [],
  isDefault: false,
  pinnedByEnvironment: false,
  pendingRestart: false,
  canary: false,
  lastGood: false,
}

describe('explain()', () => {
  it.each([
    { file: 'app.yaml', text: 'log: info\npool:\n  max: 10\n', line: 3, column: 3 },
    { file: 'app.json', text: '{\n  "pool": { "min": 1,\n "max": 10 } }', line: 3, column: 2 },
    { file: 'app.toml', text: 'x = 1\n[pool]\nmin = 1\nmax = 10\n', line: 4, column: 1 },
    { file: 'app.properties', text: '# limits\npool.max=10\n', line: 2, column: 1 },
    { file: 'app.ini', text: 'x=1\n[pool]\nmax=10\n', line: 3 },
    { file: 'pool.max', text: '10\n' },
    { file: 'pool/limits.yaml', text: 'max: 10', path: 'pool.max', line: 1, column: 1 },
  ])('names source and place of a value in $file', async ({ file, text, path = 'pool.max', ...place }) => {
    await mounted.update({ [file]: text })
    await using config = await createHotConfig({ sources: mounted.path, logger: false })
    const explanation = await config.explain(path)
    expect(explanation).toMatchObject({ ...PLAIN, path, source: source(), file, ...place })
    expect(Number(explanation.value)).toBe(10)
    expect([explanation.line, explanation.column]).toEqual([place.line, place.column])
    expect('waiting' in explanation).toBe(false)
  })

  it('names what is overridden and from where, what came last first', async () => {
    await mounted.update({ 'a.yaml': 'pool:\n  max: 1', 'b.yaml': '# second\npool: { max: 2 }' })
    vi.stubEnv('EXPLAIN_POOL__MAX', '4')
    await using config = await createHotConfig({
      sources: [values({ pool: { max: 0, min: 0 } }), mounted.path, env({ prefix: 'EXPLAIN_' }), values({ pool: {} })],
      logger: false,
    })
    expect(await config.explain('pool.max')).toEqual({
      path: 'pool.max',
      value: '4',
      source: 'env:EXPLAIN_*',
      file: 'EXPLAIN_POOL__MAX',
      overrides: [
        { value: 2, source: source(), file: 'b.yaml', line: 2, column: 9 },
        { value: 1, source: source(), file: 'a.yaml', line: 2, column: 3 },
        { value: 0, source: 'values' },
      ],
      isDefault: false,
      pinnedByEnvironment: true,
      pendingRestart: false,
      canary: false,
      lastGood: false,
    })
    expect(await config.explain('pool.min')).toEqual({ ...PLAIN, path: 'pool.min', value: 0, source: 'values' })
  })

  it('names what takes a value away: a list or a single value where the path continues', async () => {
    const layers = [values({ pool: { max: 1 }, servers: ['a', 'b'] }), values({ pool: null, servers: ['c'] })] as const
    const named = layers.map((layer, index): Source => ({ ...layer, name: `layer ${index}` }))
    await using config = await createHotConfig({ sources: named, logger: false })
    const [gone, cut, kept] = await config.explain(['pool.max', 'servers[1]', 'servers[0]'])
    expect(gone).toMatchObject({ value: undefined, source: 'layer 1', overrides: [{ value: 1, source: 'layer 0' }] })
    expect(cut).toMatchObject({ value: undefined, source: 'layer 1', overrides: [{ value: 'b', source: 'layer 0' }] })
    expect(kept).toMatchObject({ value: 'c', source: 'layer 1', overrides: [{ value: 'a', source: 'layer 0' }] })
  })

  it('tells a default of the schema, whatever library it is of', async () => {
    const schemas = [
      { pool: { max: { format: 'nat', default: 5 } } },
      z.object({ pool: z.object({ max: z.number().default(5) }).prefault({}) }),
      {
        type: 'object',
        properties: { pool: { type: 'object', default: {}, properties: { max: { type: 'number', default: 5 } } } },
      },
    ] as const
    for (const schema of schemas) {
      const { config } = await follow(values({}), { schema: schema as never })
      const byDefault = { ...PLAIN, path: 'pool.max', value: 5, isDefault: true }
      expect(await (config as HotConfig<Record<string, unknown>>).explain('pool.max')).toEqual(byDefault)
      await config.close()
    }
  })

  it('tells a path that nothing gives', async () => {
    await using config = await createHotConfig({ sources: values({ a: 1 }), logger: false })
    expect(await config.explain('b.c')).toEqual({ ...PLAIN, path: 'b.c', value: undefined })
  })

  it.each([
    ['pool.mx', 'pool.max'],
    ['pol.max', 'pool.max'],
    ['servers[1].prot', 'servers.1.port'],
    ['log.levle', 'log.level'],
    ['zebra', undefined],
    ['pool.max', undefined],
    ['db.passwrd', 'db.password'],
    ['tokens.sk_live_abcdeg', undefined],
  ])('says what was probably meant by %s', async (path, meant) => {
    const given = {
      pool: { max: 1 },
      servers: [{ port: 1 }, { port: 2 }],
      db: { password: 'hunter2' },
      tokens: { sk_live_abcdef: 1 },
    }
    const schema = z.object({
      log: z.object({ level: z.string().optional() }).optional(),
      pool: z.object({ max: z.number() }),
      servers: z.array(z.object({ port: z.number() })),
      db: z.object({ password: z.string() }),
      tokens: z.record(z.string(), z.number()),
    })
    await using config = await createHotConfig({ schema, sources: values(given), logger: false })
    const [explained] = await config.explain([path as 'pool'])
    expect(explained?.didYouMean).toBe(meant)
    expect(Object.keys(explained ?? {}).includes('didYouMean')).toBe(meant !== undefined)
  })

  it('tells what an entry of convict pins by a variable or an argument, also where no source gives it', async () => {
    vi.stubEnv('EXPLAIN_PORT', '7070')
    vi.stubEnv('EXPLAIN_HOST', 'h')
    const schema = {
      port: { format: 'port', default: 8080, env: 'EXPLAIN_PORT' },
      host: { format: String, default: 'x', env: 'EXPLAIN_HOST' },
      open: { format: String, default: 'x', env: 'EXPLAIN_OPEN' },
    }
    await mounted.update({ 'app.yaml': 'port: 9090' })
    await using config = await createHotConfig({ schema, sources: mounted.path, logger: false })
    expect(await config.explain(['port', 'host', 'open'])).toEqual([
      {
        ...PLAIN,
        path: 'port',
        value: 7070,
        source: 'env:EXPLAIN_PORT',
        overrides: [{ value: 9090, source: source(), file: 'app.yaml', line: 1, column: 1 }],
        pinnedByEnvironment: true,
      },
      { ...PLAIN, path: 'host', value: 'h', source: 'env:EXPLAIN_HOST', pinnedByEnvironment: true },
      { ...PLAIN, path: 'open', value: 'x', isDefault: true },
    ])
  })

  it('does not call a variable pinned that a later source may override', async () => {
    vi.stubEnv('EXPLAIN_A', '1')
    await using config = await createHotConfig({
      sources: [env({ prefix: 'EXPLAIN_' }), values({ b: 2 })],
      logger: false,
    })
    expect(await config.explain('a')).toMatchObject({ source: 'env:EXPLAIN_*', pinnedByEnvironment: false })
  })

  it('tells what is held back for a restart, and where the value that waits is', async () => {
    const held = drivenSource<string>('server: { port: 1 }\nlog: info', {
      reading: (text) => ({ entries: fileEntries({ 'app.yaml': text }) }),
    })
    await using driven = await drive(held, { restartRequired: ['server.port'] })
    const config = driven.config
    await driven.update('log: debug\nserver:\n  port: 2')
    expect(await config.explain(['server.port', 'log'])).toEqual([
      {
        ...PLAIN,
        path: 'server.port',
        value: 1,
        pendingRestart: true,
        waiting: { value: 2, source: 'driven', file: 'app.yaml', line: 3, column: 3 },
      },
      { ...PLAIN, path: 'log', value: 'debug', source: 'driven', file: 'app.yaml', line: 1, column: 1 },
    ])
  })

  it('explains what is served, and not an update that was rejected', async () => {
    await mounted.update({ 'app.yaml': 'n: 1' })
    await using followed = await follow(volume(mounted.path), { schema: z.object({ n: z.number() }) })
    await mounted.update({ 'app.yaml': '# a comment\nn: x' })
    await followed.reports({ status: 'warn' })
    expect(await followed.config.explain('n')).toMatchObject({ value: 1, line: 1 })
    await mounted.update({ 'app.yaml': '# a comment\nn: 2' })
    await followed.serves({ n: 2 })
    expect(await followed.config.explain('n')).toMatchObject({ value: 2, line: 2 })
  })

  it('tells what comes out of a canary, and what the stable content gives there', async () => {
    await using canary = await createConfigMapVolume()
    await mounted.update({ 'app.yaml': 'pool: { max: 10 }', 'log.yaml': 'level: info' })
    await canary.update({ 'hot-config.share': '100%', 'app.yaml': '# more\npool: { max: 50 }' })
    await using config = await createHotConfig({
      sources: withCanary(volume(mounted.path), volume(canary.path)),
      logger: false,
    })
    const [max, level] = await config.explain(['pool.max', 'level'])
    expect(max).toMatchObject({
      value: 50,
      canary: true,
      source: `volume:${canary.path}`,
      file: 'app.yaml',
      line: 2,
      overrides: [{ value: 10, file: 'app.yaml', line: 1 }],
    })
    expect(await page(config)).toContain(
      `pool.max 50 volume:${canary.path} app.yaml:2:9 canary 10 ${source()} app.yaml:1:9`,
    )
    expect(level).toMatchObject({ value: 'info', canary: false, file: 'log.yaml', overrides: [] })
  })

  it('tells what a canary overrides once that can be parsed, after a start beside a broken stable file', async () => {
    await using canary = await createConfigMapVolume()
    await mounted.update({ 'app.yaml': 'max: [' })
    await canary.update({ 'hot-config.share': '100%', 'app.yaml': 'max: 2' })
    const sources = withCanary(volume(mounted.path), volume(canary.path))
    await using config = await createHotConfig({ sources, logger: false })
    expect(await config.explain('max')).toMatchObject({ value: 2, canary: true, overrides: [] })
    await mounted.update({ 'app.yaml': 'max: 1', 'log.yaml': 'level: info' })
    await config.reload()
    expect(await config.explain('max')).toMatchObject({ value: 2, canary: true, overrides: [{ value: 1 }] })
  })

  it('tells no canary that was rejected, or that an overriding variable hides', async () => {
    await using canary = await createConfigMapVolume()
    await mounted.update({ 'app.yaml': 'max: 1' })
    await canary.update({ 'hot-config.share': '100%', 'app.yaml': 'max: x' })
    vi.stubEnv('EXPLAIN_MAX', '3')
    const sources = withCanary(volume(mounted.path), volume(canary.path))
    const schema = z.object({ max: z.coerce.number() })
    await using stable = await createHotConfig({ schema, sources, logger: false })
    expect(await stable.explain('max')).toMatchObject({ value: 1, canary: false, source: source() })
    await canary.update({ 'hot-config.share': '100%', 'app.yaml': 'max: 2' })
    const overridden = [withCanary(volume(mounted.path), volume(canary.path)), env({ prefix: 'EXPLAIN_' })]
    await using hidden = await createHotConfig({ schema, sources: overridden, logger: false })
    expect(await hidden.explain('max')).toMatchObject({ value: 3, canary: false, source: 'env:EXPLAIN_*' })
  })

  it('tells what comes from the last good configuration, until the source is healed', async () => {
    const held = (name: string, text: string) =>
      drivenSource<string | Error>(text, {
        name,
        reading: (read) => ({ entries: fileEntries({ 'app.yaml': String(read) }) }),
      })
    const [first, second] = [held('first', 'a: 1\nc: 1'), held('second', '# saved\nb: 2')]
    let saved: Uint8Array | undefined
    const lastGood = { load: async () => saved, save: async (bytes: Uint8Array) => void (saved = bytes) }
    const options = {
      schema: z.object({ a: z.number(), b: z.number(), c: z.number(), d: z.number().default(4) }),
      lastGood,
    }
    await (await createHotConfig({ ...options, sources: [first, second], logger: false })).close()
    second.set('b: x')
    await using running = await follow([first, second], options)
    const { config } = running
    expect(await config.explain(['a', 'b', 'd'])).toEqual([
      { ...PLAIN, path: 'a', value: 1, source: 'first', file: 'app.yaml', line: 1, column: 1 },
      { ...PLAIN, path: 'b', value: 2, source: 'second', file: 'app.yaml', line: 2, column: 1, lastGood: true },
      { ...PLAIN, path: 'd', value: 4, isDefault: true },
    ])
    expect(await page(config)).toContain('b 2 second app.yaml:2:1 last good')
    for (const text of ['# saved\nb: 2', 'b: 3']) {
      second.set(text)
      await config.reload()
      expect(await config.explain('b')).toMatchObject({ value: Number(text.at(-1)), source: 'second', lastGood: false })
    }
    expect(await page(config)).not.toContain('last good')
  })

  it('shows no secret: neither the value nor what it overrides nor keys below', async () => {
    await mounted.update({ 'app.yaml': 'db: { password: hunter2-and-more }\ntokens: { sk_live_abcdef: 1 }' })
    const secret = values({ db: { password: 'an-older-password' }, mine: { deep: 'mine-all-mine' } })
    await using config = await createHotConfig({ sources: [secret, mounted.path], redact: ['mine'], logger: false })
    const explained = await config.explain(['db.password', 'tokens.sk_live_abcdef', 'mine.deep', 'db', 'tokens'])
    expect(explained[0]).toMatchObject({
      path: 'db.password',
      value: '[redacted]',
      source: source(),
      line: 1,
      overrides: [{ value: '[redacted]', source: 'values' }],
    })
    expect(explained[1]).toMatchObject({ path: 'tokens', value: '[redacted]' })
    expect(explained[2]).toMatchObject({ path: 'mine', value: '[redacted]' })
    expect(explained[3]).toMatchObject({ path: 'db', value: { password: '[redacted]' } })
    expect(JSON.stringify(explained)).not.toMatch(/hunter2|older|sk_live|all-mine/)
  })

  it('works on a configuration that a test drives, before the first load and after close()', async () => {
    const config = createTestConfig({ n: 1 })
    const expected = { ...PLAIN, path: 'n', value: 1 }
    expect(await config.explain('n')).toEqual(expected)
    await config.close()
    expect(await config.explain('n')).toEqual(expected)
  })

  it('agrees with what is served, whatever the sources give', async () => {
    const leaf = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(null), fc.constant('x'))
    const key = fc.constantFrom('a', 'b', 'c')
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(leaf, { maxLength: 2 }),
        fc.dictionary(key, tie('node'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).node
    const trees = fc.array(fc.dictionary(key, tree, { noNullPrototype: true }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(trees, fc.array(key, { minLength: 1, maxLength: 3 }), async (given, segments) => {
        const sources = given.map((value, index): Source => ({ ...values(value), name: String(index) }))
        await using config = await createHotConfig({ sources, logger: false, emptied: 'accept' })
        const path = segments.join('.')
        const { value, source: from, overrides }: Explanation = await config.explain(path)
        expect(value).toEqual(config.get(path))
        // what the source that is named gives alone, merged with those before it, is what is served
        if (from === undefined) expect(value).toBeUndefined()
        if (from === undefined) return
        const upTo = given.slice(0, Number(from) + 1)
        await using without = await createHotConfig({ sources: upTo.map((each) => values(each)), logger: false })
        expect(without.get(path)).toEqual(value)
        for (const { source: over } of overrides) expect(Number(over)).toBeLessThan(Number(from))
      }),
      { numRuns: 100 },
    )
  })
})

describe('the health page', () => {
  it('shows where each value comes from', async () => {
    await mounted.update({ 'app.yaml': 'pool:\n  max: 10\ndb: { password: hunter2-and-more }' })
    await using config = await createHotConfig({
      schema: {
        pool: { max: { format: 'nat', default: 1 }, min: { format: 'nat', default: 0 } },
        db: { password: { format: String, default: '' } },
      },
      sources: [values({ pool: { max: 5 } }), mounted.path],
      logger: false,
    })
    const text = await page(config)
    expect(text).toContain(`pool.max 10 ${source()} app.yaml:2:3 5 values`)
    expect(text).toContain('pool.min 0 the schema')
    expect(text).toContain(`db.password '[redacted]' ${source()} app.yaml:3:7`)
    expect(text).not.toContain('hunter2')
  })

  it('shows the first 200 values of many, and locates them only once', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${1_000 + index}`, index]))
    await mounted.update({ 'app.json': JSON.stringify(many) })
    await using config = await createHotConfig({ sources: mounted.path, logger: false })
    const text = await page(config)
    expect(text).toContain('k1199 199')
    expect(text).not.toContain('k1200')
    expect(text).toContain('These are the first 200 values.')
    expect(await page(config)).toBe(text)
  })

  it('shows none to those who may not have details, and none where there are none', async () => {
    const config = createTestConfig({})
    expect(await page(config)).toContain('None.')
    const { body } = await answerHealth(config, { headers: { accept: 'text/html' } }, { page: true, details: false })
    expect(body).toEqual({ status: 'pass' })
  })
})
