import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { env, values } from '@hot-config/core'
import type { Source, ValueEntry } from '@hot-config/core'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { load } from '../support/load.ts'

afterEach(() => vi.unstubAllEnvs())

describe('merging', () => {
  it('goes by the names of the keys: later ones override earlier ones', async () => {
    expect(await load({ '20.yaml': 'a: 2', '10.json': '{"a":1,"b":1}', '30.toml': 'c = 3' })).toEqual({
      a: 2,
      b: 1,
      c: 3,
    })
  })

  it('merges objects deeply and replaces arrays and everything else', async () => {
    const files = {
      '1.yaml': 'a: {b: {c: 1, d: 1}}\nlist: [1, 2, 3]\nobject: {x: 1}\ntext: x\nnone: {x: 1}',
      '2.yaml': 'a: {b: {d: 2, e: 2}}\nlist: [4]\nobject: text\ntext: {y: 1}\nnone: null',
    }
    expect(await load(files)).toEqual({
      a: { b: { c: 1, d: 2, e: 2 } },
      list: [4],
      object: 'text',
      text: { y: 1 },
      none: null,
    })
  })

  it('lets later sources override earlier ones, whatever the names of their keys', async () => {
    vi.stubEnv('MERGE_TEST_LOG__LEVEL', 'error')
    vi.stubEnv('MERGE_TEST_DB__MAX_CONNECTIONS', '5')
    const folder = await mkdtemp(join(tmpdir(), 'formats-'))
    await writeFile(join(folder, 'a.yaml'), 'log: {level: info, color: true}\nname: shop\n')
    const sources = [
      values({ name: 'default', port: 80, none: undefined }),
      join(folder, 'a.yaml'),
      env({ prefix: 'MERGE_TEST_' }),
      values({ port: undefined }),
    ]
    expect(await load({}, { sources })).toEqual({
      name: 'shop',
      port: 80,
      log: { level: 'error', color: true },
      db: { maxConnections: '5' },
    })
    await rm(folder, { recursive: true })
  })

  it('leaves out what a source of your own gives as undefined, as values() does', async () => {
    const entries: ValueEntry[] = [
      { path: ['port'], value: undefined },
      { path: ['log', 'level'], value: undefined },
      { path: ['log', 'color'], value: null },
    ]
    const own: Source = { name: 'own', read: async () => ({ revision: '1', entries }) }
    const sources = [values({ port: 80, log: { level: 'info', color: true } }), own]
    expect(await load({}, { sources })).toEqual({ port: 80, log: { level: 'info', color: null } })
  })

  it('treats the names of inherited properties like any other name', async () => {
    const files = { '1.yaml': 'toString: {a: 1}\nvalueOf: x', '2.properties': 'toString.b=2\nhasOwnProperty=y' }
    expect(await load(files)).toEqual({ toString: { a: 1, b: '2' }, valueOf: 'x', hasOwnProperty: 'y' })
  })

  it('merges ten thousand entries in time proportional to their number', async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => ({ path: ['many', `key-${index}`], value: index }))
    const source = drivenSource(entries, { reading: () => ({ entries }) })
    const started = performance.now()
    expect(Object.keys((await load({}, { sources: source }))['many'] as object)).toHaveLength(10_000)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
