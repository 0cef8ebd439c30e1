import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  ClosedError,
  ConfigError,
  createHotConfig,
  dotenv,
  file,
  NotReadyError,
  startHotConfig,
  values,
  volume as folder,
} from '@hot-config/core'
import type { Schema } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { inotifyWatches } from '../support/inotify.ts'
import { loadError } from '../support/load-error.ts'

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
})

afterEach(() => volume.remove())

describe('the first load', () => {
  it('fails with one error that lists every problem', async () => {
    await volume.update({ 'a.yaml': 'a: [', 'b.json': '{', 'c.toml': 'c = 1' })
    const sources = [volume.path, '/no/such.yaml']
    const { issues, message } = await loadError(createHotConfig({ sources, logger: false }))
    expect(issues.map(({ file, code }) => [file, code])).toEqual([
      ['a.yaml', 'HOT_CONFIG_SYNTAX'],
      ['b.json', 'HOT_CONFIG_SYNTAX'],
      [undefined, 'HOT_CONFIG_SOURCE'],
    ])
    for (const part of ['a.yaml:1', 'b.json:1', 'file:/no/such.yaml', 'ENOENT']) expect(message).toContain(part)
  })

  it('asks about the mount when a folder is missing, after the error of the system', async () => {
    const starting = createHotConfig({ sources: '/no/such/folder', logger: false })
    await expect(starting).rejects.toThrow(
      "volume:/no/such/folder: can't be read: ENOENT: no such file or directory, scandir '/no/such/folder'; " +
        'is the ConfigMap or Secret mounted there?',
    )
  })

  it.each([
    ['a link that leads back to itself', 'loop', 'volume', 'ELOOP'],
    ['a path below a file', 'file/app.yaml', 'file', 'ENOTDIR'],
  ])('fails with an error that names the source for %s', async (_what, name, kind, code) => {
    const path = join(volume.path, name)
    await symlink('loop', join(volume.path, 'loop'))
    await writeFile(join(volume.path, 'file'), '')
    const { ready } = startHotConfig({ sources: path, logger: false })
    const { issues, message } = await loadError(ready)
    expect(issues).toMatchObject([{ code: 'HOT_CONFIG_SOURCE', source: `${kind}:${path}` }])
    expect(message).toContain(code)
  })

  it.each([
    ['volume()', 'a file', folder, 'file', 'expected a folder: use file() for a file'],
    ['volume()', 'a link to a file', folder, 'link', 'expected a folder: use file() for a file'],
    ['file()', 'a folder', file, 'folder', 'expected a regular file: use volume() for a folder'],
    ['file()', 'a volume', file, '.', 'expected a regular file: use volume() for a folder'],
    ['dotenv()', 'a folder', dotenv, 'folder', 'expected a regular file: use volume() for a folder'],
  ])('fails with the function to use for %s of %s', async (_name, _what, source, name, says) => {
    await writeFile(join(volume.path, 'file'), '')
    await symlink('file', join(volume.path, 'link'))
    await mkdir(join(volume.path, 'folder'))
    for (const required of [true, false]) {
      const sources = source(join(volume.path, name), { required })
      const { issues } = await loadError(createHotConfig({ sources, logger: false }))
      expect(issues).toMatchObject([{ code: 'HOT_CONFIG_SOURCE', message: `can't be read: ${says}` }])
    }
  })

  it('leaves nothing open when it fails', async () => {
    await volume.update({ 'a.yaml': 'a: [' })
    const before = inotifyWatches()
    await expect(createHotConfig({ sources: volume.path, logger: false })).rejects.toThrow('a.yaml')
    expect(inotifyWatches()).toBe(before)
  })

  it("leaves nothing open when a source can't be watched", async () => {
    await volume.update({ a: '1' })
    const before = inotifyWatches()
    const unwatchable = {
      ...drivenSource({}),
      watch: (): never => {
        throw new Error('no watch for you')
      },
    }
    await expect(createHotConfig({ sources: [volume.path, unwatchable], logger: false })).rejects.toThrow('no watch')
    expect(inotifyWatches()).toBe(before)
  })

  it('is what ready of startHotConfig awaits, and until then health fails and current throws', async () => {
    const { config, ready } = startHotConfig({ sources: values({ a: 1 }), logger: false })
    expect(config.health()).toMatchObject({ status: 'fail', version: 0, digest: null })
    expect(() => config.current).toThrow(NotReadyError)
    expect(await ready).toBe(config)
    expect(config.health()).toMatchObject({ status: 'pass', version: 1 })
    await config.close()
  })

  it.each<[string, Schema]>([
    ['a convict schema', { port: { format: 'port', default: 80 } }],
    ['a JSON Schema', { type: 'object', properties: { port: { type: 'integer' } } }],
    ['zod', z.object({ port: z.number() })],
    ['a function', ({ port }) => z.number().parse(port)],
  ])('is validated by %s, also when the program calls reload() before it', async (_what, schema) => {
    const { config, ready } = startHotConfig({ schema, sources: values({ port: 'no number' }), logger: false })
    const reload = config.reload()
    await expect(ready).rejects.toThrow(ConfigError)
    expect(await reload).toBe('rejected')
    expect(() => config.current).toThrow(NotReadyError)
  })

  it('is the result of reload() before it, and keeps the secrets of the schema', async () => {
    const schema = { type: 'object', properties: { pin: { type: 'string', writeOnly: true } } } as const
    const sources = drivenSource({ pin: 'first-pin' })
    const { config, ready } = startHotConfig({ schema, sources, logger: false })
    expect(await config.reload()).toBe('changed')
    expect((await config.explain('pin')).value).toBe('[redacted]')
    await ready
    expect(config.health()).toMatchObject({ status: 'pass', version: 1 })
    await config.close()
  })

  it('says to reload() before it what is wrong with the schema', async () => {
    const schema = { port: { format: 'no such format', default: 80 } }
    const { config, ready } = startHotConfig({ schema, sources: values({}), logger: false })
    const reload = config.reload()
    await expect(ready).rejects.toThrow('no such format')
    await expect(reload).rejects.toThrow('no such format')
    await expect(config.reload()).rejects.toBeInstanceOf(ClosedError)
  })
})
