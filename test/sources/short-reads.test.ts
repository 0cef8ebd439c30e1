import fs from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { volume } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, it } from 'vitest'

import { follow } from '../support/follow.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'short-reads-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs `use` where no read returns more than so many bytes, which file systems in user space and networks may do. */
async function withShortReads(bytes: number, use: () => Promise<void>): Promise<void> {
  const { readSync } = fs
  fs.readSync = ((file: number, buffer: Buffer, offset: number, length: number, position: number) =>
    readSync(file, buffer, offset, Math.min(length, bytes), position)) as typeof readSync
  syncBuiltinESMExports()
  try {
    await use()
  } finally {
    fs.readSync = readSync
    syncBuiltinESMExports()
  }
}

describe('a file system that returns less than it was asked for', () => {
  it.each([1, 2, 3, 100])('does not hide that a text became longer or shorter: %i bytes', async (bytes) => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ text: 'xx' })
    await withShortReads(bytes, async () => {
      await using running = await follow(volume(folder))
      for (const text of ['xxxx', 'x', 'xxx', 'xxxxxx', 'xx']) {
        await mounted.update({ text })
        await running.serves({ text })
      }
    })
  })

  it('does not hide it in a plain folder', async () => {
    await writeFile(join(folder, 'text'), 'xx')
    await withShortReads(2, async () => {
      await using running = await follow(volume(folder))
      await writeFile(join(folder, 'text'), 'xxxx')
      await running.serves({ text: 'xxxx' })
    })
  })
})
