import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { createHotConfig, values } from '@hot-config/core'
import type { HotConfig, Schema, Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { type } from 'arktype'
import { Type } from 'typebox'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { changeOf } from '../support/change-of.ts'
import { drivenSource } from '../support/driven-source.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { proves } from '../requirements.ts'

proves('one-shape', 'unchanged-is-free')

type Tree = Record<string, unknown>

function start(sources: Source, schema?: (input: Tree) => unknown): Promise<HotConfig<Tree>> {
  return createHotConfig({ sources, logger: false, ...(schema && { schema }) }) as Promise<HotConfig<Tree>>
}

describe('a snapshot', () => {
  it('keeps every part that did not change, and only those', async () => {
    const before = { a: { b: { c: 1 } }, list: [{ x: 1 }, { x: 2 }], same: [1, [2]] }
    const { previous, next } = await changeOf(before, structuredClone({ ...before, list: [{ x: 1 }, { x: 3 }] }))
    const [old, now] = [previous.value, next.value] as unknown as [typeof before, typeof before]
    expect(now).not.toBe(old)
    expect(now.a).toBe(old.a)
    expect(now.same).toBe(old.same)
    expect(now.list).not.toBe(old.list)
    expect(now.list[0]).toBe(old.list[0])
    expect(now.list[1]).not.toBe(old.list[1])
  })

  it('stays the same when the value is the same, however it is written', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1\nb: {c: [x], d: null}' })
    await using config = await createHotConfig({ sources: volume.path, logger: false, recheckMs: 3_600_000 })
    const { snapshot } = config
    const changed = vi.fn()
    config.onChange(changed)
    for (const files of [
      { 'app.yaml': '# another text\nb:\n  d: null\n  c: [x]\na: 1' },
      { 'app.json': '{"b": {"d": null, "c": ["x"]}, "a": 1}' },
      { '1.yaml': 'a: 1', '2.yaml': 'b: {c: [x], d: null}' },
    ]) {
      await volume.update(files)
      expect(await config.reload()).toBe('unchanged')
      expect(config.snapshot).toBe(snapshot)
    }
    expect(changed).not.toHaveBeenCalled()
  })

  it('is what a new process would load, whatever came before, and keeps the parts that did not change', async () => {
    const random = randomNumbers(1)
    const service = (): Tree => ({ port: random(3), hosts: [`h${random(2)}`, { zone: random(2), name: 'x' }] })
    // some parts of a few values and some of thousands, in an order that is not the names'
    const shuffled = (count: number): Tree => {
      const names = Array.from({ length: count }, (_, index) => `s${index}`).sort(() => random(3) - 1)
      return Object.fromEntries(names.map((name) => [name, service()]))
    }
    const source = drivenSource({})
    await using config = await start(source)
    let value: Tree = {}
    for (let update = 0; update < 40; update++) {
      const part = `part${random(4)}`
      value = { ...value, [part]: shuffled([3, 60, 1_100][random(3)] ?? 0) }
      const before = config.current
      source.set(structuredClone(value))
      await config.reload()
      await using fresh = await start(drivenSource(structuredClone(value)))
      expect(JSON.stringify(config.current)).toBe(JSON.stringify(fresh.current))
      for (const other of Object.keys(before)) if (other !== part) expect(config.current[other]).toBe(before[other])
    }
  })

  it('distinguishes values that only look the same', async () => {
    for (const [before, after] of [
      [{ a: 1 }, { a: '1' }],
      [{ a: null }, {}],
      [{ a: {} }, { a: [] }],
      [{ a: [] }, { a: [null] }],
      [{ a: 0 }, { a: -0 }],
      [{ a: { b: 1 } }, { a: { c: 1 } }],
      [{ a: new Date(1) }, { a: new Date(2) }],
      [{ a: new Map([[1, 2]]) }, { a: new Map([[1, 3]]) }],
    ]) {
      expect((await changeOf(before, after)).next.version).toBe(2)
    }
    const source = drivenSource({
      a: Number.NaN,
      d: new Date(1),
      m: new Map([[1, { x: 1 }]]),
      s: new Set([1]),
      r: /x/g,
    })
    await using config = await start(source)
    source.set({ a: Number.NaN, d: new Date(1), m: new Map([[1, { x: 1 }]]), s: new Set([1]), r: /x/g })
    expect(await config.reload()).toBe('unchanged')
  })

  it('has all of its members in every copy, so that they can be stored, sent and compared', async () => {
    await using config = await start(drivenSource<Tree>({ a: 1 }))
    const { snapshot } = config
    const { value, version, digest, loadedAt } = snapshot
    const members = { value, version, digest, loadedAt }
    expect(members).toEqual({
      value: { a: 1 },
      version: 1,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      loadedAt: new Date(loadedAt).toISOString(),
    })
    expect(snapshot).toEqual(members)
    expect({ ...snapshot }).toEqual(members)
    expect(structuredClone(snapshot)).toEqual(members)
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(members)
  })

  it('has all of the members of a change in every copy of it, too', async () => {
    const change = await changeOf({ a: { b: 1 } }, { a: { b: 2 } })
    const members = { previous: { ...change.previous }, next: { ...change.next }, paths: ['a.b'] }
    expect(change).toEqual(members)
    expect({ ...change }).toEqual(members)
    expect(structuredClone(change)).toEqual(members)
    expect(JSON.parse(JSON.stringify(change))).toEqual(members)
    expect(() => Object.assign(change, { paths: [] })).toThrow(TypeError)
  })

  it("can't be changed, at any depth", async () => {
    await using config = await start(drivenSource({ a: { b: [{ c: 1 }] } }))
    const value = config.current as { a: { b: { c: number }[]; x?: number } }
    expect(() => (value.a.x = 1)).toThrow(TypeError)
    expect(() => value.a.b.push({ c: 2 })).toThrow(TypeError)
    expect(() => (value.a.b[0]!.c = 2)).toThrow(TypeError)
    expect(() => Object.assign(config.snapshot, { version: 5 })).toThrow(TypeError)
    expect(config.current).toEqual({ a: { b: [{ c: 1 }] } })
  })

  it('does not freeze objects of the program', async () => {
    const own = { a: { b: [{ c: 1 }] } }
    await using first = await start(values(own))
    own.a.b.push({ c: 2 })
    expect(first.current).toEqual({ a: { b: [{ c: 1 }] } })

    const result = { a: { b: [{ c: 1 }] } }
    await using second = await start(drivenSource({}), () => result)
    result.a.b.push({ c: 2 })
    expect(second.current).toEqual({ a: { b: [{ c: 1 }] } })
    expect(await second.reload()).toBe('changed')
    expect(second.current).toEqual({ a: { b: [{ c: 1 }, { c: 2 }] } })
  })

  /** Holds what nobody else can see. */
  class Sealed {
    readonly #text: string
    constructor(text: string) {
      this.#text = text
    }
    open(): string {
      return this.#text
    }
  }

  it.each<[string, (sealed: Sealed) => unknown, (value: never) => Sealed]>([
    ['itself', (sealed) => sealed, (value) => value],
    ['in an object', (sealed) => ({ sealed }), ({ sealed }: { sealed: Sealed }) => sealed],
    ['in a list', (sealed) => [sealed], ([sealed]: [Sealed]) => sealed],
    ['in a map', (sealed) => new Map([['it', sealed]]), (map: Map<string, Sealed>) => map.get('it') as Sealed],
    ['in a set', (sealed) => new Set([sealed]), (set: Set<Sealed>) => [...set][0] as Sealed],
    [
      'in a class of its own',
      (sealed) =>
        new (class {
          it = sealed
        })(),
      (of: { it: Sealed }) => of.it,
    ],
  ])('serves an instance that changed where nobody can see it, %s, and tells of it', async (_where, wrap, unwrap) => {
    const source = drivenSource({ text: 'one', other: 1 })
    await using config = await start(source, ({ text, other }) => ({ other, part: wrap(new Sealed(String(text))) }))
    const told: string[] = []
    config.onChange(
      ({ part }) => part,
      (part) => told.push(unwrap(part as never).open()),
    )
    const built = await config.resource('part', (part) => unwrap(part as never).open())
    for (const text of ['two', 'three']) {
      source.set({ text, other: 1 })
      expect(await config.reload()).toBe('changed')
      expect(unwrap(config.current['part'] as never).open()).toBe(text)
      expect(built.current).toBe(text)
    }
    expect(told).toEqual(['two', 'three'])
  })

  it('keeps a part that is equal although it was created anew', async () => {
    const source = drivenSource({ other: 1 })
    const make = (): object => ({
      when: new Date(5),
      url: new URL('https://example.org/a'),
      map: new Map([['a', { b: [1] }]]),
      set: new Set(['a']),
      pattern: /x/g,
      bytes: new Uint8Array([1]),
    })
    await using config = await start(source, ({ other }) => ({ other, ...make() }))
    const before = config.current
    source.set({ other: 2 })
    expect(await config.reload()).toBe('changed')
    for (const key of Object.keys(make())) expect(config.current[key]).toBe(before[key])
  })

  it('keeps dates, maps and instances of classes as they are', async () => {
    class Endpoint {
      readonly #host: string
      constructor(host: string) {
        this.#host = host
      }
      get url(): string {
        return `https://${this.#host}`
      }
    }
    const value = {
      when: new Date(5),
      map: new Map([['a', 1]]),
      set: new Set([1]),
      pattern: /x/,
      endpoint: new Endpoint('example.org'),
      make: () => 1,
      big: 10n,
      bytes: new Uint8Array([1]),
    }
    for (const config of [await start(values(value)), await start(drivenSource({}), () => value)]) {
      const current = config.current as typeof value
      expect(Object.keys(current)).toHaveLength(8)
      for (const key of Object.keys(value) as (keyof typeof value)[]) expect(current[key]).toBe(value[key])
      expect(current.endpoint.url).toBe('https://example.org')
      expect(Object.isFrozen(current.when)).toBe(false)
      expect(config.snapshot.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(await config.reload()).toBe('unchanged')
      await config.close()
    }
  })
})

describe('all snapshots of a process', () => {
  const json = {
    type: 'object',
    properties: {
      port: { type: 'integer', default: 80 },
      host: { type: 'string', default: 'a' },
      pool: {
        type: 'object',
        default: {},
        properties: { max: { type: 'integer', default: 5 }, idle: { type: 'integer', default: 1 } },
      },
    },
  } as const
  it.each<[string, Schema]>([
    [
      'convict',
      {
        port: { format: 'port', default: 80 },
        host: { format: String, default: 'a' },
        pool: { max: { format: 'nat', default: 5 }, idle: { format: 'nat', default: 1 } },
      },
    ],
    [
      'zod',
      z.object({
        port: z.int().default(80),
        host: z.string().default('a'),
        pool: z.object({ max: z.int().default(5), idle: z.int().default(1) }).prefault({}),
      }),
    ],
    [
      'valibot',
      v.object({
        port: v.optional(v.number(), 80),
        host: v.optional(v.string(), 'a'),
        pool: v.optional(v.object({ max: v.optional(v.number(), 5), idle: v.optional(v.number(), 1) }), {}),
      }),
    ],
    [
      'arktype',
      type({
        port: 'number = 80',
        host: 'string = "a"',
        pool: type({ max: 'number = 5', idle: 'number = 1' }).default(() => ({})),
      }),
    ],
    ['JSON Schema', json],
    [
      'TypeBox',
      Type.Object({
        port: Type.Integer({ default: 80 }),
        host: Type.String({ default: 'a' }),
        pool: Type.Object({ max: Type.Integer({ default: 5 }), idle: Type.Integer({ default: 1 }) }, { default: {} }),
      }),
    ],
  ])('have one order of keys with %s, whichever of them the sources give', async (_library, schema) => {
    const source = drivenSource<object>({})
    await using config = await createHotConfig({ schema, sources: source, logger: false })
    const ordersNow = (): string[][] => {
      const current = config.current as { pool: object }
      return [current, current.pool].map((at) => Object.keys(at))
    }
    const orders = ordersNow()
    for (const next of [{ pool: { idle: 2 } }, { host: 'b' }, { port: 81 }, { pool: { max: 6 }, host: 'b' }]) {
      source.set(next)
      expect(await config.reload()).toBe('changed')
      expect(ordersNow()).toEqual(orders)
    }
  })

  it('have one hidden class and fast properties, over thousands of reloads', async () => {
    const script = fileURLToPath(new URL('../support/hidden-classes.mjs', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--allow-natives-syntax', script], {
      timeout: 60_000,
    })
    expect(JSON.parse(stdout)).toEqual({ reloads: 2_000, otherShapes: 0, slow: 0 })
  })
})
