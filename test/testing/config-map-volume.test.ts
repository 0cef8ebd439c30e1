import { watch } from 'node:fs'
import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'
import { eventually } from '../support/eventually.ts'

type Files = Record<string, string>

const TIMESTAMPED = /^\.\.\d{4}(_\d\d){5}\.\d+$/

let volume: ConfigMapVolume

beforeEach(async () => {
  volume = await createConfigMapVolume()
})

afterEach(() => volume.remove())

const inVolume = (...names: string[]): string => join(volume.path, ...names)

/** Timestamps differ from update to update and say nothing. */
const withoutTime = (name: string): string => name.replace(/^\.\.\d{4}.*/, '..time')

/** Everything below a folder: type, mode, content or link target, by path. */
async function shapeOf(folder: string): Promise<Record<string, string>> {
  const shape: Record<string, string> = {}
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const stats = await lstat(path)
    const mode = (stats.mode & 0o7777).toString(8)
    if (stats.isSymbolicLink()) shape[name] = `link to ${withoutTime(await readlink(path))}`
    else if (stats.isFile()) shape[name] = `file ${mode} ${await readFile(path, 'utf8')}`
    else {
      shape[withoutTime(name)] = `folder ${mode}`
      const below = await shapeOf(path)
      for (const key of Object.keys(below)) shape[`${withoutTime(name)}/${key}`] = below[key] ?? ''
    }
  }
  return shape
}

/** The events that a watcher of the folder sees while `action` runs. */
async function eventsDuring(folder: string, action: () => Promise<void>): Promise<string[]> {
  const events: string[] = []
  const end = 'end-of-events'
  await using watcher = Object.assign(
    watch(folder, (event, name) => {
      events.push(`${event} ${withoutTime(name ?? '')}`)
    }),
    { [Symbol.asyncDispose]: async () => watcher.close() },
  )
  await action()
  // events come in order: when this one is here, all before it are
  await mkdir(join(folder, end))
  await eventually(() => expect(events).toContain(`rename ${end}`))
  await rm(join(folder, end), { recursive: true })
  return events.slice(0, events.indexOf(`rename ${end}`))
}

describe('a ConfigMap volume', () => {
  it('is an empty folder of its own until the first update', async () => {
    expect(await readdir(volume.path)).toEqual([])
    await using other = await createConfigMapVolume()
    expect(other.path).not.toBe(volume.path)
  })

  it('is created at the path that is asked for', async () => {
    await using below = await createConfigMapVolume(inVolume('a', 'b'))
    await below.update({ 'app.yaml': 'v: 1' })
    expect(await readFile(inVolume('a', 'b', 'app.yaml'), 'utf8')).toBe('v: 1')
  })

  it('holds the keys in a timestamped folder, behind links', async () => {
    await volume.update({ 'app.yaml': 'v: 1', 'log/level': 'info' })
    expect(await readlink(inVolume('..data'))).toMatch(TIMESTAMPED)
    expect(await readlink(inVolume('app.yaml'))).toBe('..data/app.yaml')
    expect(await readlink(inVolume('log'))).toBe('..data/log')
    expect(await readFile(inVolume('log', 'level'), 'utf8')).toBe('info')
  })

  it('holds exactly the keys of the last update and the folder they are in', async () => {
    await volume.update({ old: '1', both: '1', 'a/old': '1' })
    await volume.update({ both: '2', new: '2', 'a/new': '2' })
    const target = await readlink(inVolume('..data'))
    expect((await readdir(volume.path)).sort()).toEqual(['..data', target, 'a', 'both', 'new'].sort())
    expect(await readdir(inVolume('a'))).toEqual(['new'])
  })

  it('writes nothing when nothing changed', async () => {
    await volume.update({ 'app.yaml': 'v: 1', 'log/level': 'info' })
    const target = await readlink(inVolume('..data'))
    await volume.update({ 'log/level': 'info', 'app.yaml': Buffer.from('v: 1') })
    expect(await readlink(inVolume('..data'))).toBe(target)
  })

  it('leaves files that it did not create', async () => {
    await writeFile(inVolume('mine'), 'x')
    await volume.update({ 'app.yaml': 'v: 1' })
    await volume.update({})
    expect(await readFile(inVolume('mine'), 'utf8')).toBe('x')
    await expect(readFile(inVolume('app.yaml'))).rejects.toThrow('ENOENT')
  })

  it('holds bytes unchanged', async () => {
    const bytes = Uint8Array.from([0, 255, 10, 13])
    const updated = volume.update({ 'logo.bin': bytes })
    bytes.fill(1)
    await updated
    expect([...(await readFile(inVolume('logo.bin')))]).toEqual([0, 255, 10, 13])
  })

  it('holds the last of updates that were not awaited', async () => {
    const updates = Array.from({ length: 20 }, (_, count) => volume.update({ [`key-${count}`]: String(count) }))
    await Promise.all(updates)
    expect((await readdir(volume.path)).filter((name) => !name.startsWith('..'))).toEqual(['key-19'])
  })

  it('continues after an update that failed, of which nothing is left', async () => {
    const tooLong = Array.from({ length: 16 }, () => 'x'.repeat(255)).join('/')
    await expect(volume.update({ a: '1', [tooLong]: '2' })).rejects.toThrow('ENAMETOOLONG')
    expect(await readdir(volume.path)).toEqual([])
    await volume.update({ a: '1' })
    expect(await readFile(inVolume('a'), 'utf8')).toBe('1')
  })

  it.each([
    { a: '1', 'a/b': '2' },
    { 'a/b': '2', a: '1' },
    { 'x/a/b/c': '1', 'x/a': '2' },
  ])('rejects a key that is a file and a folder, before anything is written: %o', async (files: Files) => {
    await volume.update({ z: '1' })
    const before = await shapeOf(volume.path)
    const update = volume.update(files)
    await expect(update).rejects.toThrow(/^"(x\/)?a\/b(\/c)?" can't be a key beside "(x\/)?a", which is a file$/)
    await expect(update).rejects.toBeInstanceOf(TypeError)
    expect(await shapeOf(volume.path)).toEqual(before)
    expect((await readdir(volume.path)).filter((name) => TIMESTAMPED.test(name))).toHaveLength(1)
  })

  it('continues after an update that was interrupted', async () => {
    await writeFile(inVolume('..data_tmp'), '')
    await volume.update({ a: '1' })
    expect(await readFile(inVolume('a'), 'utf8')).toBe('1')
  })

  it.each(['', '/etc/app.yaml', '..', '../app.yaml', '..data', 'a/../b', 'a//b', './a', 'a\0b', 'x'.repeat(256)])(
    'rejects the key %j and keeps what it holds',
    async (key) => {
      await volume.update({ a: '1' })
      await expect(volume.update({ a: '2', [key]: 'x' })).rejects.toThrow(TypeError)
      expect(await readFile(inVolume('a'), 'utf8')).toBe('1')
    },
  )

  it.each([5, null, undefined, 'a: 1', ['x']])('rejects %j in place of files', async (files) => {
    await volume.update({ a: '1' })
    await expect(volume.update(files as never)).rejects.toThrow(/^files: expected an object such as /)
    expect(await readFile(inVolume('a'), 'utf8')).toBe('1')
  })

  it.each([5, null, undefined, { log: 'info' }, ['x']])('rejects the content %j by its key', async (content) => {
    await volume.update({ a: '1' })
    const update = volume.update({ a: '2', 'app.yaml': content as never })
    await expect(update).rejects.toThrow(/^the content of "app\.yaml": expected a text or bytes, got /)
    expect(await readFile(inVolume('a'), 'utf8')).toBe('1')
  })

  it('is removed with all that is in it, after the updates in progress', async () => {
    const updated = volume.update({ a: '1' })
    await volume.remove()
    await updated
    await expect(readdir(volume.path)).rejects.toThrow('ENOENT')
    await volume.remove()
  })

  it('is followed by an application', async () => {
    await volume.update({ 'app.json': '{"port":1}' })
    await using config = await createHotConfig({ sources: volume.path, logger: false })
    await volume.update({ 'app.json': '{"port":2}' })
    await eventually(() => expect(config.current).toEqual({ port: 2 }))
  })
})

describe.runIf(hasAtomicWriter)("a ConfigMap volume beside the kubelet's own writer", () => {
  const steps: { what: string; files: Files; added?: string[] }[] = [
    { what: 'first content', files: { 'app.yaml': 'v: 1', 'log/level': 'info' }, added: ['app.yaml', 'log'] },
    { what: 'a changed key', files: { 'app.yaml': 'v: 2', 'log/level': 'info' } },
    { what: 'unchanged content', files: { 'log/level': 'info', 'app.yaml': 'v: 2' } },
    { what: 'an added key', files: { 'app.yaml': 'v: 2', 'log/level': 'info', extra: 'x' }, added: ['extra'] },
    { what: 'a key added in a folder', files: { 'app.yaml': 'v: 2', 'log/level': 'info', 'log/to': 'x', extra: 'x' } },
    { what: 'a removed key', files: { 'app.yaml': 'v: 2', 'log/level': 'info', extra: 'x' } },
    { what: 'another removed key', files: { 'log/level': 'info', extra: 'x' } },
    { what: 'a removed folder', files: { extra: 'x' } },
    { what: 'no key', files: {} },
    { what: 'still no key', files: {} },
  ]
  let real: string

  beforeEach(async () => {
    real = await mkdtemp(join(tmpdir(), 'kubelet-'))
  })

  afterEach(() => rm(real, { recursive: true, force: true }))

  it.each(['022', '077'])('has the same shape after every step, with umask %s', async (umask) => {
    const before = process.umask(umask)
    try {
      for (const { what, files } of steps) {
        await volume.update(files)
        await writeAtomically(real, [files])
        expect({ what, ...(await shapeOf(volume.path)) }).toEqual({ what, ...(await shapeOf(real)) })
      }
    } finally {
      process.umask(before)
    }
  })

  it('shows a watcher the same events, except when the links of new keys are created', async () => {
    for (const { what, files, added = [] } of steps) {
      const isOld = (event: string): boolean => !added.some((name) => event === `rename ${name}`)
      const ours = await eventsDuring(volume.path, () => volume.update(files))
      const theirs = await eventsDuring(real, () => writeAtomically(real, [files]))
      expect([what, ...ours.filter(isOld)]).toEqual([what, ...theirs.filter(isOld)])
      expect([what, ...ours.toSorted()]).toEqual([what, ...theirs.toSorted()])
    }
  })

  it('shows a watcher one event of ..data for an update, and none for unchanged content', async () => {
    await volume.update({ a: '1' })
    const changed = await eventsDuring(volume.path, () => volume.update({ a: '2' }))
    expect(changed.filter((event) => event.endsWith(' ..data'))).toEqual(['rename ..data'])
    expect(await eventsDuring(volume.path, () => volume.update({ a: '2' }))).toEqual([])
  })

  it('can be continued by the kubelet, and continue after it', async () => {
    await volume.update({ a: '1', b: '1' })
    await writeAtomically(volume.path, [{ b: '2', c: '2' }])
    await volume.update({ c: '3' })
    await writeAtomically(real, [{ c: '3' }])
    expect(await shapeOf(volume.path)).toEqual(await shapeOf(real))
  })
})
