import { runInNewContext } from 'node:vm'

import { createHotConfig, values } from '@hot-config/core'
import type { HotConfigOptions } from '@hot-config/core'
import { createTestConfig } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'

type Value = Record<string, unknown>

/** What `structuredClone()`, `fetch()` or a worker returns within a test of Jest, which runs in a realm of its own. */
const foreign = (value: Value): Value => runInNewContext('JSON.parse(text)', { text: JSON.stringify(value) }) as Value

const VALUE = { db: { hosts: ['a', { port: 1 }] } }

describe('plain objects of another realm', () => {
  it.each<[string, HotConfigOptions]>([
    ['values()', { sources: [values({ db: { user: 'u' } }), values(foreign(VALUE))] }],
    ['a source', { sources: [values({ db: { user: 'u' } }), drivenSource(foreign(VALUE))] }],
    ['a schema', { sources: values({}), schema: () => foreign({ db: { ...VALUE.db, user: 'u' } }) }],
  ])('are merged, frozen and compared like others, from %s', async (_where, options) => {
    await using config = await createHotConfig({ ...options, logger: false })
    const { current } = config
    expect(current).toEqual({ db: { ...VALUE.db, user: 'u' } })
    expect(Object.getPrototypeOf(config.get('db'))).toBe(Object.prototype)
    expect([current, config.get('db'), config.get('db.hosts'), config.get('db.hosts[1]')]).toSatisfy(
      (parts: unknown[]) => parts.every(Object.isFrozen),
    )
    expect(await config.reload()).toBe('unchanged')
    expect(config.current).toBe(current)
  })

  it('are merged by the update of a test configuration', async () => {
    const config = createTestConfig(foreign({ db: { user: 'u', port: 1 } }))
    await config.update(foreign({ db: { port: 2 } }))
    expect(config.current).toEqual({ db: { user: 'u', port: 2 } })
  })
})

it.each<[string, object]>([
  ['an object with a prototype of its own', Object.create({ inherited: 1 }) as object],
  ['an instance of a class that extends null', Object.create(Object.create(null) as object) as object],
])('%s is no plain object', (_what, value) => {
  expect(() => values(value as Value)).toThrow('expected a plain object')
})
