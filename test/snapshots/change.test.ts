import { describe, expect, it } from 'vitest'

import { changeOf } from '../support/change-of.ts'
import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'

describe('a change', () => {
  it.each([
    ['a value', { log: { level: 'a' } }, { log: { level: 'b' } }, ['log.level']],
    [
      'a value in a list',
      { servers: [{ host: 'a' }, { host: 'b' }] },
      { servers: [{ host: 'a' }, { host: 'c' }] },
      ['servers[1].host'],
    ],
    ['what was added', { a: 1 }, { a: 1, b: { c: 1 } }, ['b']],
    ['what was removed', { a: { b: 1, c: 1 } }, { a: { b: 1 } }, ['a.c']],
    ['an item that was added', { a: [1] }, { a: [1, 2] }, ['a[1]']],
    ['items that were removed', { a: [1, 2, 3] }, { a: [1] }, ['a[1]', 'a[2]']],
    [
      'keys with dots and brackets',
      { a: { 'b.c': 1, 'd[0]': 1, 'e"f': 1 } },
      { a: { 'b.c': 2, 'd[0]': 2, 'e"f': 2 } },
      ['a["b.c"]', 'a["d[0]"]', 'a["e\\"f"]'],
    ],
    ['an object that became a list', { a: { b: 1 } }, { a: [1] }, ['a']],
    ['keys that every object inherits', { a: {} }, { a: { toString: 1, valueOf: 2 } }, ['a.toString', 'a.valueOf']],
    ['an empty name', { '': 1 }, { '': 2 }, ['[""]']],
    ['several places', { a: 1, b: { c: 1, d: 1 }, e: [1] }, { a: 2, b: { c: 1, d: 2 }, e: [2] }, ['a', 'b.d', 'e[0]']],
  ])('has the exact path of %s', async (_what, before, after, paths) => {
    expect((await changeOf(before, after)).paths).toEqual(paths)
  })

  it('computes its paths when they are read, and once', async () => {
    const change = await changeOf({ a: 1 }, { a: 2 })
    expect(Object.getOwnPropertyDescriptor(change, 'paths')).toMatchObject({ get: expect.any(Function) })
    expect(change.paths).toBe(change.paths)
    expect(Object.isFrozen(change.paths)).toBe(true)
  })

  it('has paths that get() accepts', async () => {
    const after = { a: [{ 'b.c': { 'd"e': 1, 'f\\g': 2 } }], '': { 'x]': 3 } }
    await using running = await drive(drivenSource({}))
    const { config, update } = running
    await update(after)
    expect(config.get('a[0]["b.c"]["d\\"e"]')).toBe(1)
    expect(config.get('a.0["b.c"]["f\\\\g"]')).toBe(2)
    expect(config.get('[""]["x]"]')).toBe(3)
    expect(config.get('a[0].toString')).toBeUndefined()
  })
})
