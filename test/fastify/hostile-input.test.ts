import { mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { hotConfig } from '@hot-config/fastify'
import { createConfigMapVolume } from '@hot-config/testing'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { HOSTILE } from '../support/hostile-content.ts'

interface Health {
  status: string
  lastRejection: { message: string } | null
}

describe('a running service', () => {
  it('answers with the last good values through one bad update after another, reports their places, and recovers', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'good.yaml': 'version: 0' })
    const app = Fastify()
    await app.register(hotConfig, { sources: volume.path, logger: false })
    app.get('/', async (request) => request.config)
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const get = async <R>(path: string): Promise<R> => {
      const response = await fetch(url + path)
      expect(response.status).toBe(200)
      return (await response.json()) as R
    }
    for (const [index, [what, files, says]] of HOSTILE.entries()) {
      await volume.update(files)
      await eventually(async () => expect([what, (await get<Health>('/config/health')).status]).toEqual([what, 'warn']))
      expect((await get<Health>('/config/health')).lastRejection?.message).toMatch(says)
      expect(await get('/')).toEqual({ version: index })
      await volume.update({ 'good.yaml': `version: ${index + 1}` })
      await eventually(async () => expect([what, (await get<Health>('/config/health')).status]).toEqual([what, 'pass']))
      expect(await get('/')).toEqual({ version: index + 1 })
    }
    await app.close()
  }, 120_000)

  it.each([
    ['a FIFO', (path: string) => Promise.resolve(execFileSync('mkfifo', [path]))],
    ['a device', (path: string) => symlink('/dev/zero', path)],
    [
      'a folder full of nothing good',
      async (path: string) => {
        await mkdir(path)
        await writeFile(join(path, 'x.json'), '{')
      },
    ],
  ])('survives %s where a key should be', async (_what, make) => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'good.yaml': 'version: 1' })
    const app = Fastify()
    await app.register(hotConfig, { sources: volume.path, logger: false })
    app.get('/', async (request) => request.config)
    const bad = join(volume.path, await readlink(join(volume.path, '..data')), 'bad.yaml')
    await make(bad)
    expect(await app.hotConfig.reload()).toBe('rejected')
    expect((await app.inject('/')).json()).toEqual({ version: 1 })
    expect((await app.inject('/config/health')).json()).toMatchObject({ status: 'warn' })
    await rm(bad, { recursive: true })
    expect(await app.hotConfig.reload()).toBe('unchanged')
    expect((await app.inject('/config/health')).json()).toMatchObject({ status: 'pass' })
    await app.close()
  })
})
