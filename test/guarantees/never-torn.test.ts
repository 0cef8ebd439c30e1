import fs from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

import { ClosedError, file, volume, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'
import { drivenSource } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'
import { proves } from '../requirements.ts'

proves('never-torn')

const FILES = Array.from({ length: 20 }, (_, index) => `part${index}`)

/** The same counter in every file: a snapshot that mixes updates holds two. */
function contentOf(counter: number): Record<string, string> {
  return Object.fromEntries(FILES.map((name) => [`${name}.json`, JSON.stringify({ [name]: counter })]))
}

function valueOf(counter: number): Record<string, number> {
  return Object.fromEntries(FILES.map((name) => [name, counter]))
}

function schema(input: Record<string, unknown>): Record<string, unknown> {
  const counters = new Set(Object.values(input))
  if (counters.size !== 1 || Object.keys(input).length !== FILES.length) {
    throw new Error(`torn: ${JSON.stringify(input)}`)
  }
  return input
}

let folder: string
let remove: () => Promise<void>

beforeEach(async () => {
  const volume = await createConfigMapVolume()
  folder = volume.path
  remove = () => volume.remove()
  await volume.update(contentOf(0))
})

afterEach(() => remove())

describe('a volume', () => {
  it.runIf(hasAtomicWriter)(
    'never mixes two updates and serves the last of 1,000 that the kubelet writes at full speed',
    { timeout: 60_000 },
    async () => {
      await using running = await follow(folder, { schema })
      await writeAtomically(
        folder,
        Array.from({ length: 1_000 }, (_, index) => contentOf(index + 1)),
      )
      await running.serves(valueOf(1_000))
      expect(running.rejections).toEqual([])
      expect(running.config.health().status).toBe('pass')
      expect(running.config.snapshot.version).toBeGreaterThan(2)
    },
  )

  it.runIf(hasAtomicWriter)(
    'serves each update that the kubelet writes, also those that add and remove keys',
    { timeout: 60_000 },
    async () => {
      await using running = await follow(folder)
      for (let counter = 1; counter <= 20; counter++) {
        const files = { 'always.json': JSON.stringify({ counter }), [`key${counter}.json`]: '{}', odd: String(counter) }
        if (counter % 2 === 0) delete (files as Record<string, string>)['odd']
        await writeAtomically(folder, [files])
        const expected = counter % 2 === 0 ? { counter } : { counter, odd: String(counter) }
        await running.serves(expected)
      }
      expect(running.config.snapshot.version).toBe(21)
    },
  )

  it('never mixes two of 100 updates that follow each other at once', { timeout: 60_000 }, async () => {
    const volume = await createConfigMapVolume(folder)
    await using running = await follow(folder, { schema })
    for (let counter = 1; counter <= 100; counter++) await volume.update(contentOf(counter))
    await running.serves(valueOf(100))
    expect(running.rejections).toEqual([])
  })

  it('is read again when the kubelet swaps its link and begins to remove the old folder meanwhile', async () => {
    await mkdir(join(folder, '..new'))
    for (const [key, text] of Object.entries(contentOf(2))) await writeFile(join(folder, '..new', key), text)
    await symlink('..new', join(folder, '..data_tmp'))
    const { readdirSync } = fs
    // between listing and reading, the kubelet swaps and has begun to remove
    fs.readdirSync = ((...args: Parameters<typeof readdirSync>) => {
      // what is mounted inside of the volume is listed first
      if (args[0] === folder) return readdirSync(...args)
      fs.readdirSync = readdirSync
      syncBuiltinESMExports()
      fs.renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
      return readdirSync(...args).slice(1)
    }) as typeof readdirSync
    syncBuiltinESMExports()
    try {
      const { revision, entries } = await volume(folder).read(new AbortController().signal)
      expect(revision).toBe('..new')
      expect(entries).toHaveLength(FILES.length)
    } finally {
      fs.readdirSync = readdirSync
      syncBuiltinESMExports()
    }
  })

  it('ignores the links beside ..data', async () => {
    await symlink('/nowhere', join(folder, 'dangling.json'))
    await writeFile(join(folder, 'stray.json'), '{"stray":true}')
    await using running = await follow(folder, { schema })
    expect(running.config.current).not.toHaveProperty('stray')
  })
})

/** Ways to name what is in one volume, several sources each. */
const LISTS: readonly (readonly [what: string, sourcesOf: (folder: string) => (string | Source)[]])[] = [
  ['files, by their paths', (folder) => FILES.map((name) => join(folder, `${name}.json`))],
  [
    'files and a choice of keys',
    (folder) => [
      ...FILES.slice(0, 10).map((name) => file(join(folder, `${name}.json`))),
      volume(folder, { keys: FILES.slice(10).map((name) => `${name}.json`) }),
    ],
  ],
  [
    'two choices of keys, by two paths',
    (folder) => [volume(folder, { keys: ['part?.json'] }), volume(`${folder}-link`, { ignore: ['part?.json'] })],
  ],
  ['fallbacks', (folder) => FILES.map((name) => withFallback(missing, file(join(folder, `${name}.json`))))],
]

const missing: Source = { name: 'missing', read: async () => Promise.reject(new Error('is not there')) }

describe.each(LISTS)('several sources on one volume: %s', (_what, sourcesOf) => {
  beforeEach(() => symlink(folder, `${folder}-link`))
  afterEach(() => rm(`${folder}-link`))

  it.runIf(hasAtomicWriter)(
    'never mix two updates and serve the last of 500 that the kubelet writes at full speed',
    { timeout: 60_000 },
    async () => {
      await using running = await follow(sourcesOf(folder), { schema })
      await writeAtomically(
        folder,
        Array.from({ length: 500 }, (_, index) => contentOf(index + 1)),
      )
      await running.serves(valueOf(500))
      expect(running.rejections).toEqual([])
      expect(running.config.health().status).toBe('pass')
    },
  )

  it('never mix two of 50 updates that follow each other at once', { timeout: 60_000 }, async () => {
    const mounted = await createConfigMapVolume(folder)
    await using running = await follow(sourcesOf(folder), { schema })
    for (let counter = 1; counter <= 50; counter++) await mounted.update(contentOf(counter))
    await running.serves(valueOf(50))
    expect(running.rejections).toEqual([])
  })

  it('are read again when an update comes while they are read', async () => {
    const mounted = await createConfigMapVolume(folder)
    let between: (() => Promise<void>) | undefined = () => mounted.update(contentOf(1))
    // a source that is read after the others and in whose reading the kubelet swaps
    const late = (source: Source): Source => ({
      name: source.name,
      read: async (signal) => {
        const swap = between
        between = undefined
        await swap?.()
        return source.read(signal)
      },
    })
    const sources = sourcesOf(folder).map((source) => (typeof source === 'string' ? file(source) : source))
    await using running = await follow([...sources.slice(0, -1), late(sources.at(-1) as Source)], { schema })
    expect(running.config.current).toEqual(valueOf(1))
  })
})

describe('a volume that is updated without pause', () => {
  const VOLUME = '/etc/busy'
  let isBusy: boolean
  let updates: number
  const onVolume = (key: string): DrivenSource<number> =>
    drivenSource(1, {
      name: key,
      reading: (held) => ({
        entries: [{ path: [key], value: held }],
        volumes: [{ folder: VOLUME, update: String(isBusy ? ++updates : updates) }],
      }),
    })

  beforeEach(() => {
    isBusy = false
    updates = 0
  })

  it('rejects the update of its sources in time, names the volume, and heals when it is calm', async () => {
    const sources = [onVolume('first'), onVolume('second')]
    await using running = await follow(sources)
    isBusy = true
    for (const source of sources) source.set(2)
    expect(await running.config.reload()).toBe('rejected')
    await running.reports({ status: 'warn', lastRejection: { source: 'first' } })
    expect(running.config.health().lastRejection?.message).toContain(
      `the volume ${VOLUME} did not read the same update`,
    )
    await running.config.reload()
    expect(running.rejections).toHaveLength(1)
    expect(running.served).toEqual([{ first: 1, second: 1 }])
    isBusy = false
    sources[0]?.notify()
    await running.serves({ first: 2, second: 2 })
    await running.reports({ status: 'pass', lastRejection: null })
  })

  it('fails the start, and does not hold up close()', async () => {
    isBusy = true
    const error = await loadError(follow([onVolume('first'), onVolume('second')]))
    expect(error.issues.map(({ source, message }) => [source, message.includes(VOLUME)])).toEqual([
      ['first', true],
      ['second', true],
    ])
    isBusy = false
    const { config } = await follow([onVolume('first'), onVolume('second')])
    isBusy = true
    const reloaded = config.reload()
    await config.close()
    await expect(reloaded).rejects.toThrow(ClosedError)
  })
})

describe('volumes below one folder', () => {
  it.runIf(hasAtomicWriter)(
    'are each read from one update, while the kubelet writes both',
    { timeout: 60_000 },
    async () => {
      const below = ['a', 'b'].map((name) => join(folder, 'below', name))
      const first = Object.fromEntries([
        ['x.json', '{"x":0}'],
        ['y/z.json', '{"z":0}'],
      ])
      for (const path of below) await (await createConfigMapVolume(path)).update(first)
      const isWhole = (input: unknown): unknown => {
        const value = input as Record<'a' | 'b', { x: number; y: { z: number } }>
        for (const { x, y } of [value.a, value.b]) if (x !== y.z) throw new Error(`torn: ${x} and ${y.z}`)
        return value
      }
      await using running = await follow(join(folder, 'below'), { schema: isWhole })
      const updates = Array.from({ length: 200 }, (_, n) => ({
        'x.json': JSON.stringify({ x: n + 1 }),
        'y/z.json': JSON.stringify({ z: n + 1 }),
      }))
      await Promise.all(below.map((path) => writeAtomically(path, updates)))
      const last = { x: 200, y: { z: 200 } }
      await running.serves({ a: last, b: last })
      expect(running.rejections).toEqual([])
    },
  )
})
