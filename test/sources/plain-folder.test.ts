import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { createHotConfig, file, volume } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { beforeFileCalls } from '../support/failing-files.ts'
import { watchDeaf } from '../support/failing-watch.ts'
import { follow } from '../support/follow.ts'
import type { Followed } from '../support/follow.ts'
import { hasMountNamespaces, inMountNamespace } from '../support/mount-namespace.ts'
import { hasPermissions, withinPermissions } from '../support/permissions.ts'

/** So rare that what is noticed was notified. */
const NO_RECHECK = { recheckMs: 3_600_000 }

const notification = process.platform === 'linux' ? 'inotify' : 'fs.watch'

let root: string
const at = (path: string): string => join(root, path)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'plain-folder-'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), text)
  }
}

/** Has a link lead elsewhere in one step, as git-sync does. */
async function relink(target: string, path: string): Promise<void> {
  await symlink(target, at(`${path}.next`))
  await rename(at(`${path}.next`), at(path))
}

describe('a folder above several volumes', () => {
  it('is read volume by volume, keys with folders in their paths as well', async () => {
    const app = await createConfigMapVolume(at('app'))
    const flags = await createConfigMapVolume(at('flags'))
    await app.update({ 'app.yaml': 'v: 1', 'overrides/eu.yaml': 'region: eu', 'a/b/c': 'deep' })
    await flags.update({ 'flags.yaml': 'beta: false' })
    await write({ 'own.yaml': 'own: true' })
    await using followed = await follow(root)
    expect(followed.config.current).toEqual({
      app: { v: 1, overrides: { region: 'eu' }, a: { b: { c: 'deep' } } },
      flags: { beta: false },
      own: true,
    })
  })

  it('sees an update of each volume at once, and files and volumes that come later', async () => {
    const app = await createConfigMapVolume(at('app'))
    await app.update({ 'app.yaml': 'v: 1' })
    await using followed = await follow(root, NO_RECHECK)
    expect(followed.config.health().sources).toMatchObject([{ watching: notification, warnings: [] }])
    for (const v of [2, 3]) {
      await app.update({ 'app.yaml': `v: ${v}`, 'more/x.yaml': `v: ${v}` })
      await followed.serves({ app: { v, more: { v } } })
    }
    const late = await createConfigMapVolume(at('late'))
    for (const v of [1, 2]) {
      await late.update({ 'late.yaml': `v: ${v}` })
      await eventually(() => expect(followed.config.current).toMatchObject({ late: { v } }))
    }
    await write({ 'new/folder/x.yaml': 'v: 1' })
    await eventually(() => expect(followed.config.current).toMatchObject({ new: { folder: { v: 1 } } }))
    await write({ 'new/folder/x.yaml': 'v: 2' })
    await eventually(() => expect(followed.config.current).toMatchObject({ new: { folder: { v: 2 } } }))
    expect(followed.rejections).toEqual([])
  })

  it('reads a volume that is mounted inside of another, and not what else is in that one', async () => {
    const outer = await createConfigMapVolume(root)
    await mkdir(at('flags'))
    await write({ 'cache/data.json': '{"not": "ours"}' })
    const inner = await createConfigMapVolume(at('flags'))
    await outer.update({ 'app.yaml': 'v: 1' })
    await inner.update({ 'flags.yaml': 'beta: false' })
    await using followed = await follow(root, NO_RECHECK)
    expect(followed.config.current).toEqual({ v: 1, flags: { beta: false } })
    await inner.update({ 'flags.yaml': 'beta: true' })
    await followed.serves({ v: 1, flags: { beta: true } })
    await outer.update({ 'app.yaml': 'v: 2' })
    await followed.serves({ v: 2, flags: { beta: true } })
  })

  it('rejects an update while one of the volumes is half removed, and serves the next', async () => {
    const app = await createConfigMapVolume(at('app'))
    await app.update({ 'app.yaml': 'v: 1' })
    await write({ 'own.yaml': 'own: true' })
    await using followed = await follow(root, { recheckMs: 20 })
    await rename(at('app/..data'), at('app/..gone'))
    await eventually(() => expect(followed.config.health().status).toBe('warn'))
    expect(followed.config.current).toEqual({ app: { v: 1 }, own: true })
    await rename(at('app/..gone'), at('app/..data'))
    await app.update({ 'app.yaml': 'v: 2' })
    await followed.serves({ app: { v: 2 }, own: true })
  })
})

describe('links in a plain folder', () => {
  it('to folders inside are followed, and watched where they lead', async () => {
    await write({ '.worktrees/1/app.yaml': 'v: 1', '.worktrees/2/app.yaml': 'v: 2' })
    await relink('.worktrees/1', 'current')
    await using followed = await follow(root, NO_RECHECK)
    expect(followed.config.current).toEqual({ current: { v: 1 } })
    await relink('.worktrees/2', 'current')
    await followed.serves({ current: { v: 2 } })
    await write({ '.worktrees/2/app.yaml': 'v: 3' })
    await followed.serves({ current: { v: 3 } })
  })

  it('that lead round in a circle end where they come back', async () => {
    await write({ 'a/app.yaml': 'v: 1', 'b/app.yaml': 'v: 2' })
    await symlink('.', at('self'))
    await symlink('..', at('a/up'))
    await symlink('../b', at('a/other'))
    await symlink('../a', at('b/other'))
    await using followed = await follow(root)
    expect(followed.config.current).toEqual({
      a: { v: 1, other: { v: 2 } },
      b: { v: 2, other: { v: 1 } },
    })
  })

  it('without end in number are an error and not a hang', async () => {
    for (let one = 0; one < 9; one++) {
      await write({ [`f${one}/app.yaml`]: 'v: 1' })
      for (let other = 0; other < 9; other++) if (one !== other) await symlink(`../f${other}`, at(`f${one}/to${other}`))
    }
    await expect(createHotConfig({ sources: root, logger: false })).rejects.toThrow(/more than 1000 folders/)
  })

  it('to a folder outside are an error that says what to write', async () => {
    await write({ 'config/app.yaml': 'v: 1', 'shared/x.yaml': 'x: 1' })
    await symlink('../shared', at('config/shared'))
    const starting = createHotConfig({ sources: at('config'), logger: false })
    await expect(starting).rejects.toThrow(
      `volume:${at('config')} shared: can't be read: is a link to a folder outside: make that folder a source of its ` +
        "own; leave it out with ignore: ['shared']",
    )
    await using followed = await follow(volume(at('config'), { ignore: ['shared'] }))
    expect(followed.config.current).toEqual({ v: 1 })
  })

  it('to files anywhere are followed at once', async () => {
    await write({ 'elsewhere/app.yaml': 'v: 1', 'config/own.yaml': 'own: 1' })
    await symlink('../elsewhere/app.yaml', at('config/app.yaml'))
    await using followed = await follow(at('config'), NO_RECHECK)
    await write({ 'elsewhere/app.yaml': 'v: 2' })
    await followed.serves({ v: 2, own: 1 })
  })
})

describe('what is no configuration', () => {
  it('is left alone: version control, old updates, what editors and file systems keep', async () => {
    await write({
      'app.yaml': 'v: 1',
      '.git/config': '\xff\0',
      '..2026_01_01_00_00_00.1/app.yaml': 'v: old',
      'app.yaml~': '{',
      '.app.yaml.swp': '{',
      'lost+found/x.yaml': '{',
      'sub/lost+found/x.yaml': '{',
    })
    await using followed = await follow(root)
    expect(followed.config.current).toEqual({ v: 1 })
  })

  it.runIf(hasPermissions)(
    'serves a folder with folders that it may not read, and says to leave out what is not lost+found',
    async () => {
      await mkdir(at('lost+found'), { mode: 0o000 })
      await mkdir(at('private'), { mode: 0o000 })
      await write({ 'app.yaml': 'v: 1' })
      const core = new URL('../../packages/core/dist/index.js', import.meta.url).href
      const read = async (options: string): Promise<string> => {
        const code = `import { createHotConfig, volume } from '${core}'
        const sources = volume('${root}', ${options})
        const config = await createHotConfig({ sources, logger: false }).catch((error) => error)
        console.log(config.message ?? JSON.stringify(config.current))`
        const [command, ...args] = [...withinPermissions, process.execPath, '--input-type=module', '-e', code] as const
        const { stdout } = await promisify(execFile)(command, args)
        return stdout.trim()
      }
      expect(await read("{ ignore: ['private'] }")).toBe('{"v":1}')
      expect(await read("{ keys: ['app.yaml'] }")).toBe('{"v":1}')
      expect(await read('{}')).toMatch(/private: can't be read: EACCES.*; leave it out with ignore: \['private'\]/)
      for (const name of ['lost+found', 'private']) await chmod(at(name), 0o700)
    },
  )
})

describe('a path that leads through links', () => {
  it('is followed at once when a link on the way changes, as git-sync changes it, with the old folder kept', async () => {
    await write({ 'trees/1/config/app.yaml': 'v: 1', 'trees/2/config/app.yaml': 'v: 2' })
    await relink('trees/1', 'current')
    await using folder = await follow(at('current/config'), NO_RECHECK)
    await using one = await follow(file(at('current/config/app.yaml')), NO_RECHECK)
    for (const v of [2, 1, 2]) {
      await relink(`trees/${v}`, 'current')
      await folder.serves({ v })
      await one.serves({ v })
    }
    for (const { config } of [folder, one]) expect(config.health().sources).toMatchObject([{ watching: notification }])
  })

  it('into a folder of a volume is read from one update, and followed at once', async () => {
    const mounted = await createConfigMapVolume(root)
    await mounted.update({ 'app.yaml': 'v: 1', 'overrides/eu.yaml': 'region: eu' })
    await using followed = await follow(at('overrides'), NO_RECHECK)
    const target = await readlink(at('..data'))
    expect(followed.config.health().sources).toMatchObject([{ revision: target, watching: notification }])
    await mounted.update({ 'app.yaml': 'v: 2', 'overrides/eu.yaml': 'region: us' })
    await followed.serves({ region: 'us' })
  })
})

describe('health', () => {
  it.each([
    ['a file', () => file(at('app.yaml'))],
    ['a plain folder', () => volume(root)],
  ])('says recheck of %s after a change that no notification reported, until one does', async (_what, source) => {
    await write({ 'app.yaml': 'v: 1' })
    let followed: Followed<Record<string, unknown>> | undefined
    await watchDeaf(async () => {
      followed = await follow(source(), { recheckMs: 20 })
      await write({ 'app.yaml': 'v: 2' })
      await followed.serves({ v: 2 })
      const warnings = [expect.stringMatching(/^a change came without a notification; checking every 20 ms/)]
      await followed.reports({ sources: [{ watching: 'recheck', warnings }] })
    })
    await write({ 'app.yaml': 'v: 3' })
    await followed?.serves({ v: 3 })
    await write({ 'app.yaml': 'v: 4' })
    await followed?.serves({ v: 4 })
    await followed?.reports({ sources: [{ watching: notification, warnings: [] }] })
    await followed?.config.close()
  })

  it.runIf(hasMountNamespaces)(
    'says that nothing is noticed of a subPath mount, and what is of a bound file',
    async () => {
      const { reports } = await inMountNamespace(`
      await volume.update({ 'app.yaml': 'a: 1', 'sub/b.yaml': 'b: 1' })
      await touch('/mounted/app.yaml')
      bind(await realpath(volume.path + '/app.yaml'), '/mounted/app.yaml', 'ro')
      await folder('/sub')
      bind(await realpath(volume.path + '/sub'), '/sub', 'ro')
      await touch('/host.yaml', 'c: 1')
      await touch('/bound.yaml')
      bind('/host.yaml', '/bound.yaml')
      report(await open([at('/mounted/app.yaml'), at('/sub'), at('/bound.yaml'), volume.path]))
    `)
      expect(reports[0]?.sources).toMatchObject([
        { watching: 'none', updatable: false },
        { watching: 'none', updatable: false },
        { watching: 'inotify', updatable: false },
        { watching: 'inotify', updatable: true },
      ])
    },
  )

  it.runIf(hasMountNamespaces)('says inotify where mounts below a folder are watched', async () => {
    const { reports } = await inMountNamespace(`
      await volume.update({ 'app.yaml': 'a: 1' })
      await folder('/etc/config/app')
      bind(volume.path, '/etc/config/app', 'ro')
      const config = await open(at('/etc/config'))
      await volume.update({ 'app.yaml': 'a: 2' })
      await until(() => config.current.app.a === 2)
      report(config)
    `)
    expect(reports[0]).toMatchObject({ status: 'pass', sources: [{ watching: 'inotify', warnings: [] }] })
  })
})

describe('a plain folder of many files', () => {
  it('is listed a few times for all of them, when they change at once', async () => {
    const files = Array.from({ length: 200 }, (_, index) => `key${index}`)
    for (const name of files) writeFileSync(at(name), '1')
    await using followed = await follow(root, NO_RECHECK)
    let listed = 0
    const count = (call: string): void => void (call === 'readdirSync' && listed++)
    await beforeFileCalls(count, async () => {
      for (const name of files) writeFileSync(at(name), '2')
      await followed.serves(Object.fromEntries(files.map((name) => [name, '2'])))
    })
    expect(listed).toBeLessThan(files.length / 4)
  })
})
