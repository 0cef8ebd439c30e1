import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'

const FILES = Array.from({ length: 20 }, (_, index) => `part${index}`)

/** The same counter in every file: a snapshot that mixes updates holds two. */
function contentOf(counter: number): Record<string, string> {
  return Object.fromEntries(FILES.map((name) => [`${name}.json`, JSON.stringify({ [name]: counter })]))
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
    'never mixes two updates and ends on the last of 1,000 that the kubelet writes at full speed',
    { timeout: 60_000 },
    async () => {
      await using config = await createHotConfig({ sources: folder, schema, logger: false })
      const torn: string[] = []
      config.onReject(({ message }) => torn.push(message))
      await writeAtomically(
        folder,
        Array.from({ length: 1_000 }, (_, index) => contentOf(index + 1)),
      )
      await vi.waitFor(() => expect(config.current['part0']).toBe(1_000), 10_000)
      expect(torn).toEqual([])
      expect(config.health().status).toBe('pass')
      expect(config.snapshot.version).toBeGreaterThan(2)
    },
  )

  it.runIf(hasAtomicWriter)(
    'takes each of the updates that the kubelet writes one by one, also those that add and remove keys',
    { timeout: 60_000 },
    async () => {
      await using config = await createHotConfig({ sources: folder, logger: false })
      for (let counter = 1; counter <= 20; counter++) {
        const files = { 'always.json': JSON.stringify({ counter }), [`key${counter}.json`]: '{}', odd: String(counter) }
        if (counter % 2 === 0) delete (files as Record<string, string>)['odd']
        await writeAtomically(folder, [files])
        const expected = counter % 2 === 0 ? { counter } : { counter, odd: String(counter) }
        await vi.waitFor(() => expect(config.current).toEqual(expected), 5_000)
      }
      expect(config.snapshot.version).toBe(21)
    },
  )

  it('never mixes two updates of 100 that follow each other at once', { timeout: 60_000 }, async () => {
    const volume = await createConfigMapVolume(folder)
    await using config = await createHotConfig({ sources: folder, schema, logger: false })
    const torn: string[] = []
    config.onReject(({ message }) => torn.push(message))
    for (let counter = 1; counter <= 100; counter++) await volume.update(contentOf(counter))
    await vi.waitFor(() => expect(config.current['part0']).toBe(100), 10_000)
    expect(torn).toEqual([])
  })

  it('starts again when the folder it reads is half removed already', async () => {
    // a folder of which keys are missing, as the kubelet leaves it for a moment, and a link that moves on meanwhile
    await mkdir(join(folder, '..old'))
    await writeFile(join(folder, '..old', 'part0.json'), '{"part0":1}')
    await symlink('..old', join(folder, '..data_tmp'))
    const swap = async (): Promise<void> => {
      await rename(join(folder, '..data_tmp'), join(folder, '..data'))
      const volume = await createConfigMapVolume(folder)
      await volume.update(contentOf(2))
      await rm(join(folder, '..old'), { recursive: true, force: true })
    }
    const [config] = await Promise.all([
      createHotConfig({ sources: folder, schema, logger: false }).catch(() => undefined),
      swap(),
    ])
    // whichever of the three contents it met at the start, it ends on the last
    await using live = config ?? (await createHotConfig({ sources: folder, schema, logger: false }))
    await vi.waitFor(() => expect(live.current['part0']).toBe(2), 5_000)
  })

  it('ignores the links beside ..data', async () => {
    await symlink('/nowhere', join(folder, 'dangling.json'))
    await writeFile(join(folder, 'stray.json'), '{"stray":true}')
    await using config = await createHotConfig({ sources: folder, schema, logger: false })
    expect(config.current).not.toHaveProperty('stray')
  })
})
