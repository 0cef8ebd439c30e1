import fs from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

import { volume } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'
import { follow } from '../support/follow.ts'

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
