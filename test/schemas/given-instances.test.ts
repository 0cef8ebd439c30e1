import { createHotConfig, values } from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

class Account {
  readonly name: string
  readonly #balance: number

  constructor(name: string, balance: number) {
    this.name = name
    this.#balance = balance
  }

  get balance(): number {
    return this.#balance
  }
}

const byDefault = {
  date: new Date(1),
  map: new Map(),
  set: new Set(),
  url: '',
  bytes: null,
  account: null,
  inside: {},
  list: [],
}

const SCHEMAS: Record<string, Schema> = {
  convict: {
    ...Object.fromEntries(Object.entries(byDefault).map(([name, value]) => [name, { format: '*', default: value }])),
    inside: { format: Object, default: {} },
  },
  'formats of the program': {
    ...Object.fromEntries(
      Object.keys(byDefault).map((name) => [name, { format: (given: unknown) => void given, default: null }]),
    ),
    inside: { format: Object, default: {} },
  },
  zod: z.object(Object.fromEntries(Object.keys(byDefault).map((name) => [name, z.any()]))),
  valibot: v.object(Object.fromEntries(Object.keys(byDefault).map((name) => [name, v.any()]))),
  'JSON Schema': {
    type: 'object',
    properties: Object.fromEntries(Object.keys(byDefault).map((name) => [name, { description: 'anything' }])),
  },
  'a function': (input: unknown) => input,
}

describe('an instance of a class that the program gives', () => {
  it.each(Object.entries(SCHEMAS))('is kept as it is by %s', async (_name, schema) => {
    const account = new Account('main', 5)
    const given = {
      date: new Date(5),
      map: new Map([['a', { b: 1 }]]),
      set: new Set(['a']),
      url: new URL('http://localhost/a'),
      bytes: Buffer.from('abc'),
      account,
      inside: { account },
      list: [account],
    }
    await using config = await createHotConfig({ schema, sources: values(given), logger: false })
    const served = config.current as typeof given
    expect(served).toEqual(given)
    expect([served.account.balance, served.inside.account.balance, served.list[0]?.balance]).toEqual([5, 5, 5])
  })

  it('is judged by the format of its convict entry', async () => {
    const schema = { size: { format: 'int', default: 1 }, log: { level: { format: String, default: 'info' } } }
    for (const [given, message] of [
      [{ size: new Date(5) }, 'values size: must be an integer'],
      [{ log: { level: new Map() } }, 'values log.level: must be of type String'],
      [{ log: { level: Buffer.from('info') } }, 'values log.level: expected a single value, got an object'],
    ] as const) {
      const starting = createHotConfig({ schema, sources: values(given), logger: false })
      await expect(starting).rejects.toThrow(message)
    }
  })

  it('is a section of convict by its properties, whose texts mean what they say', async () => {
    class Log {
      enabled = 'false'
      size = '1e+06'
    }
    const schema = { log: { enabled: { format: Boolean, default: true }, size: { format: 'int', default: 1 } } }
    await using config = await createHotConfig({ schema, sources: values({ log: new Log() }), logger: false })
    expect(config.current).toEqual({ log: { enabled: false, size: 1_000_000 } })
    const wrong = Object.assign(new Log(), { enabled: 'off' })
    const starting = createHotConfig({ schema, sources: values({ log: wrong }), logger: false })
    await expect(starting).rejects.toThrow('values log.enabled: expected true or false')
  })

  it('changes nothing where the environment overrides its convict entry', async () => {
    process.env['GIVEN_INSTANCES_AT'] = 'today'
    try {
      const schema = { at: { format: '*', default: null, env: 'GIVEN_INSTANCES_AT' } }
      await using config = await createHotConfig({ schema, sources: values({ at: new Date(5) }), logger: false })
      expect(config.current).toEqual({ at: 'today' })
      expect(config.health().pinnedByEnvironment).toEqual(['at'])
    } finally {
      delete process.env['GIVEN_INSTANCES_AT']
    }
  })
})
