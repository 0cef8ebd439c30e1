import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, dotenv, file, values, volume, withCanary, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { watchDeaf } from '../support/failing-watch.ts'
import { proves } from '../requirements.ts'

proves('never-stale')

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shared-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('a source that two configurations share', () => {
  it.each<[string, () => Source]>([
    ['volume()', () => volume(folder)],
    ['file()', () => file(join(folder, 'app.env'))],
    ['dotenv()', () => dotenv(join(folder, 'app.env'))],
    ['withFallback(), of the first', () => withFallback(volume(folder), values({}))],
    ['withFallback(), of the second', () => withFallback(volume(join(folder, 'none')), volume(folder))],
    ['withFallback() within another', () => withFallback(withFallback(volume(folder), values({})), values({}))],
    ['withCanary()', () => withCanary(volume(folder), volume(join(folder, 'none'), { required: false }))],
  ])('brings each of them what no notification told: %s', async (_what, sourceOf) => {
    const write = (n: number): Promise<void> => writeFile(join(folder, 'app.env'), `N=${n}`)
    await watchDeaf(async () => {
      await write(1)
      const sources = sourceOf()
      await using one = await createHotConfig({ sources, recheckMs: 500, logger: false })
      await using other = await createHotConfig({ sources, recheckMs: 500, logger: false })
      await write(2)
      expect(await other.reload()).toBe('changed')
      await vi.waitFor(() => expect(one.current).toEqual(other.current), 5_000)
    })
  })
})
