import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runCli } from '../support/cli.ts'

const canKeep = 'enableCompileCache' in module

describe('compiled code', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compile-cache-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it(`is ${canKeep ? 'kept' : 'not kept, since this Node can not,'} below $XDG_CACHE_HOME`, async () => {
    const { code } = await runCli(['--version'], { env: { XDG_CACHE_HOME: folder } })
    expect([code, await readdir(folder)]).toEqual([0, canKeep ? ['hot-config'] : []])
  })

  it('is not kept with NODE_DISABLE_COMPILE_CACHE=1', async () => {
    const env = { XDG_CACHE_HOME: folder, NODE_DISABLE_COMPILE_CACHE: '1' }
    const { code } = await runCli(['--version'], { env })
    expect([code, await readdir(folder)]).toEqual([0, []])
  })

  it('is not needed: a folder that can not be written is no fault', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const { code, stderr } = await runCli(['--version'], { env: { XDG_CACHE_HOME: join(file, 'below') } })
    expect([code, stderr]).toEqual([0, ''])
  })
})
