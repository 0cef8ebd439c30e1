import { createHotConfig, env, values, volume } from '@hot-config/core'
import type { Source, ValueEntry } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { outwardText } from '../support/outward.ts'
import { follow } from '../support/follow.ts'
import type { Followed } from '../support/follow.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

async function hold(files: Readonly<Record<string, string>>, options = {}): Promise<Followed<Record<string, unknown>>> {
  const mounted = await createConfigMapVolume()
  cleanUp.push(() => mounted.remove())
  await mounted.update(files)
  const followed = await follow(volume(mounted.path, options))
  cleanUp.push(() => followed.config.close())
  return followed
}

const warningsOf = ({ config }: Followed<unknown>): readonly string[] => config.health().sources[0]?.warnings ?? []

/** How each format says that something is at `db.host`. */
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  'app.json': (value) => JSON.stringify({ db: { host: value } }),
  'app.yaml': (value) => `db:\n  host: ${value}\n`,
  'app.toml': (value) => `[db]\nhost = "${value}"\n`,
  'app.env': (value) => `db.host=${value}\n`,
  'app.properties': (value) => `db.host=${value}\n`,
  'app.ini': (value) => `[db]\nhost=${value}\n`,
  'db.host': (value) => `${value}\n`,
  'db/host': (value) => value,
  'db/x.yaml': (value) => `host: ${value}`,
}

/** How it says that something is at `db` itself. */
const ABOVE: Readonly<Record<string, string>> = {
  'up.json': '{"db":"above"}',
  'up.yaml': 'db: above',
  'up.toml': 'db = "above"',
  'up.env': 'db=above',
  'up.properties': 'db=above',
  'up.ini': 'db=above',
  db: 'above',
}

const keys = Object.keys(FORMS)
const pairs = keys.flatMap((one, index) =>
  keys.slice(index + 1).map((other) => [one, other].sort() as [string, string]),
)

describe('two keys of one volume', () => {
  it.each(pairs)(
    '%s and %s with different values at one path are a warning that names both, and the last counts',
    async (first, last) => {
      const followed = await hold({
        [first]: FORMS[first]?.('first-value') ?? '',
        [last]: FORMS[last]?.('second-value') ?? '',
      })
      expect(followed.config.current).toEqual({ db: { host: 'second-value' } })
      expect(followed.config.health().status).toBe('warn')
      expect(warningsOf(followed)).toEqual([
        `${first}, ${last} db.host: have different values, and the last one counts; if that is not meant, leave one out with ignore`,
      ])
      expect(followed.logger.at('warn').map(({ message }) => message)).toEqual([
        expect.stringMatching(/^check the configuration: volume:\S+ \S+, \S+ db\.host: /),
      ])
      expect(outwardText(followed.config, followed.logger)).not.toMatch(/\bfirst-value|second-value/)
    },
  )

  it.each(pairs)('%s and %s with the same value at one path are no warning', async (first, last) => {
    const followed = await hold({ [first]: FORMS[first]?.('same') ?? '', [last]: FORMS[last]?.('same') ?? '' })
    expect(followed.config.current).toEqual({ db: { host: 'same' } })
    expect(followed.config.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }] })
  })

  // a file and a folder can't have one name
  const aboveAndBelow = keys.flatMap((below) => Object.keys(ABOVE).map((above) => [above, below] as const))
  it.each(aboveAndBelow.filter(([above, below]) => !below.startsWith(`${above}/`)))(
    '%s with a value and %s with keys below it are a warning, whichever counts',
    async (above, below) => {
      const followed = await hold({ [above]: ABOVE[above] ?? '', [below]: FORMS[below]?.('deep') ?? '' })
      const [first, last] = [above, below].sort() as [string, string]
      expect(followed.config.current).toEqual(last === below ? { db: { host: 'deep' } } : { db: 'above' })
      expect(warningsOf(followed)).toEqual([expect.stringMatching(`^${first}, ${last} db: have different values`)])
    },
  )

  it('that only merge are no warning', async () => {
    const followed = await hold({
      '1.yaml': 'db: {host: a, pool: {max: 1}}\nlist: [1]\nnone: {}',
      '2.yaml': 'db: {user: b, pool: {min: 0}}\nnone: {x: 1}',
      '3.json': '{}',
    })
    expect(followed.config.health().status).toBe('pass')
  })

  it.each([
    ['lists', 'a: [1, 2]', 'a: [1]'],
    ['numbers and texts', 'a: 1', "a: '1'"],
    ['null and an object', 'a: {b: 1}', 'a: null'],
  ])('with %s at one path are a warning', async (_what, first, last) => {
    const followed = await hold({ '1.yaml': first, '2.yaml': last })
    expect(warningsOf(followed)).toHaveLength(1)
  })

  it('are found once more when one of many changed, and no longer when they agree', async () => {
    const mounted = await createConfigMapVolume()
    cleanUp.push(() => mounted.remove())
    const rest = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'x']))
    await mounted.update({ ...rest, '1.yaml': 'a: 1', '2.yaml': 'a: 1' })
    await using followed = await follow(mounted.path)
    await followed.reports({ status: 'pass' })
    await mounted.update({ ...rest, '1.yaml': 'a: 1', '2.yaml': 'a: 2' })
    await followed.reports({
      status: 'warn',
      sources: [{ warnings: [expect.stringMatching(/^1\.yaml, 2\.yaml a: have/)] }],
    })
    await mounted.update({ ...rest, '1.yaml': 'a: 2', '2.yaml': 'a: 2' })
    await followed.reports({ status: 'pass', sources: [{ warnings: [] }] })
  })

  it('of a Secret with several accounts are a warning that shows no value', async () => {
    const orders = { username: 'orders', password: 'orders-password', host: 'orders.db.svc' }
    const reports = { username: 'reports', password: 'reports-password', engine: 'postgres' }
    const files = { 'orders-db.json': JSON.stringify(orders), 'reports-db.json': JSON.stringify(reports) }
    const followed = await hold(files, { secret: true })
    expect(warningsOf(followed)).toHaveLength(2)
    for (const warning of warningsOf(followed))
      expect(warning).toMatch(/^orders-db\.json, reports-db\.json (username|password): have different/)
    expect(outwardText(followed.config, followed.logger)).not.toMatch(
      /orders-password|reports-password|orders\.db\.svc/,
    )
  })

  it('of three name all that are not used', async () => {
    const followed = await hold({ '1.yaml': 'a: 1', '2.yaml': 'a: 2', '3.yaml': 'a: 3', '4.yaml': 'a: 3' })
    expect(warningsOf(followed)).toEqual([expect.stringMatching(/^1\.yaml, 2\.yaml, 4\.yaml a: have different values/)])
  })

  it('in any number are a list with an end', async () => {
    const of = (value: number): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, value])))
    const followed = await hold({ '1.json': of(1), '2.json': of(2) })
    expect(warningsOf(followed).length).toBeLessThan(30)
    expect(warningsOf(followed).at(-1)).toMatch(/^and \d+ more$/)
  })
})

describe('what overrides on purpose', () => {
  it('is no warning: several sources', async () => {
    const [one, two] = [await createConfigMapVolume(), await createConfigMapVolume()]
    cleanUp.push(
      () => one.remove(),
      () => two.remove(),
    )
    await one.update({ 'app.yaml': 'db: {host: a}\nport: 1' })
    await two.update({ 'app.yaml': 'db: b' })
    await using followed = await follow([values({ port: 0, db: 'x' }), one.path, two.path])
    expect(followed.config.current).toEqual({ port: 1, db: 'b' })
    expect(followed.config.health().status).toBe('pass')
  })
})

describe('values of one source that give different values at one path', () => {
  it('are a warning: variables of the environment', async () => {
    vi.stubEnv('COLLIDE_DB', 'x')
    vi.stubEnv('COLLIDE_DB__HOST', 'y')
    vi.stubEnv('COLLIDE_LOG_LEVEL', 'debug')
    vi.stubEnv('COLLIDE_logLevel', 'info')
    await using followed = await follow([values({ other: 1 }), env({ prefix: 'COLLIDE_' })])
    expect(followed.config.health().sources[1]?.warnings).toEqual([
      'COLLIDE_DB, COLLIDE_DB__HOST db: have different values, and the last one counts',
      'COLLIDE_LOG_LEVEL, COLLIDE_logLevel logLevel: have different values, and the last one counts',
    ])
  })

  it('are a warning: entries of a source of your own', async () => {
    const entries: ValueEntry[] = [
      { path: ['a'], value: 1 },
      { path: ['a', 'b'], value: 2 },
    ]
    const own: Source = { name: 'own', read: async () => ({ revision: '1', entries }) }
    await using config = await createHotConfig({ sources: own, logger: false })
    expect(config.health().sources[0]?.warnings).toEqual(['a, a.b a: have different values, and the last one counts'])
  })
})
