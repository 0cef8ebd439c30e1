import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, file, volume } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { watchFailing } from '../support/failing-watch.ts'
import { inotifyWatches } from '../support/inotify.ts'

let folder: string

const notification = process.platform === 'linux' ? 'inotify' : 'fs.watch'

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'never-stale-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** The same source, deaf: notifications are lost on the way, as on a network mount. */
function deaf(source: Source): Source {
  return {
    name: source.name,
    read: (signal) => source.read(signal),
    watch: (context) => {
      let listening = false
      const rechecks = setInterval(() => (listening = true), context.recheckMs)
      const watch = source.watch?.({
        ...context,
        changed: () => {
          if (listening) context.changed()
        },
      })
      return {
        by: 'recheck',
        warnings: [],
        close: () => {
          clearInterval(rechecks)
          watch?.close()
        },
      }
    },
  }
}

describe('a volume', () => {
  it('sees update after update, each at once, with one watch however many files there are', async () => {
    const mounted = await createConfigMapVolume(folder)
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}.json`, '{}']))
    await mounted.update({ ...many, 'count.json': '{"count":0}' })
    const before = inotifyWatches()
    // no recheck can be what notices it
    await using config = await createHotConfig({ sources: folder, recheckMs: 3_600_000, logger: false })
    expect(inotifyWatches()).toBe(before + 1)
    for (let count = 1; count <= 12; count++) {
      await mounted.update({ ...many, 'count.json': JSON.stringify({ count }) })
      await eventually(() => expect(config.current).toEqual({ count }))
    }
  })

  it('sees the updates after a burst of three', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ count: '0' })
    await using config = await createHotConfig({ sources: folder, recheckMs: 3_600_000, logger: false })
    for (let count = 3; count <= 30; count += 3) {
      for (const step of [2, 1, 0]) await mounted.update({ count: String(count - step) })
      await eventually(() => expect(config.current['count']).toBe(String(count)))
    }
  })

  it('sees an update by looking when every notification is lost', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ count: '0' })
    await using config = await createHotConfig({ sources: deaf(volume(folder)), recheckMs: 20, logger: false })
    await mounted.update({ count: '1' })
    await eventually(() => expect(config.current['count']).toBe('1'))
  })

  it('follows a folder that was replaced by another', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await using config = await createHotConfig({ sources: volume(path), recheckMs: 20, logger: false })
    await mounted.remove()
    const next = await createConfigMapVolume(path)
    await next.update({ count: '1' })
    await eventually(() => expect(config.current['count']).toBe('1'))
    await next.update({ count: '2' })
    await eventually(() => expect(config.current['count']).toBe('2'))
  })

  it('says at once that nothing watches it when its folder is moved away', async () => {
    const path = join(folder, 'config')
    await (await createConfigMapVolume(path)).update({ count: '0' })
    // no look can be what notices it
    await using config = await createHotConfig({ sources: volume(path), recheckMs: 3_600_000, logger: false })
    expect(config.health().sources).toMatchObject([{ watching: notification, warnings: [] }])
    await rename(path, `${path}-away`)
    await eventually(() => expect(config.health().sources).toMatchObject([{ watching: 'recheck' }]))
    expect(config.health().sources[0]?.warnings).toEqual([expect.stringMatching(/^can't watch: ENOENT/)])
    expect(config.current['count']).toBe('0')
  })

  it('is watched again when its folder is back as it was', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await using config = await createHotConfig({ sources: volume(path), recheckMs: 20, logger: false })
    await rename(path, `${path}-away`)
    await eventually(() => expect(config.health().sources).toMatchObject([{ watching: 'recheck' }]))
    await rename(`${path}-away`, path)
    await eventually(() =>
      expect(config.health()).toMatchObject({ status: 'pass', sources: [{ watching: notification }] }),
    )
    await mounted.update({ count: '1' })
    await eventually(() => expect(config.current['count']).toBe('1'))
  })

  it('keeps the last good values while its folder is gone, says so, and heals when it is back', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await using config = await createHotConfig({ sources: volume(path), recheckMs: 20, logger: false })
    await mounted.remove()
    await eventually(() => expect(config.health().status).toBe('warn'))
    expect(config.current['count']).toBe('0')
    expect(config.health().lastRejection?.message).toContain(`volume:${path}`)
    await (await createConfigMapVolume(path)).update({ count: '0' })
    await eventually(() => expect(config.health().status).toBe('pass'))
  })

  it('is looked at instead, and says why, where it can not be watched', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await watchFailing(async () => {
      await using config = await createHotConfig({ sources: volume(path), recheckMs: 20, logger: false })
      const [source] = config.health().sources
      expect(source).toMatchObject({ watching: 'recheck', updatable: true })
      expect(source?.warnings[0]).toContain('fs.inotify.max_user_watches')
      expect(source?.warnings[0]).toContain('looking every 20 ms')
      await mounted.update({ count: '1' })
      await eventually(() => expect(config.current['count']).toBe('1'))
    })
  })
})

describe('a plain folder', () => {
  it('is followed file by file, without what editors leave beside them', async () => {
    await writeFile(join(folder, 'app.json'), '{"count":0}')
    await using config = await createHotConfig({ sources: folder, recheckMs: 3_600_000, logger: false })
    await writeFile(join(folder, '.app.json.swp'), 'garbage')
    await writeFile(join(folder, 'app.json~'), 'garbage')
    await writeFile(join(folder, 'app.json'), '{"count":1}')
    await eventually(() => expect(config.current).toEqual({ count: 1 }))
    await writeFile(join(folder, 'more.yaml'), 'more: true')
    await eventually(() => expect(config.current).toEqual({ count: 1, more: true }))
    await rm(join(folder, 'more.yaml'))
    await eventually(() => expect(config.current).toEqual({ count: 1 }))
    expect(await readdir(folder)).toHaveLength(3)
  })

  it('is looked at for changes in the folders below, which are not watched', async () => {
    await mkdir(join(folder, 'db'))
    await writeFile(join(folder, 'db', 'pool.json'), '{"max":1}')
    await using config = await createHotConfig({ sources: folder, recheckMs: 20, logger: false })
    expect(config.current).toEqual({ db: { max: 1 } })
    await writeFile(join(folder, 'db', 'pool.json'), '{"max":2}')
    await eventually(() => expect(config.current).toEqual({ db: { max: 2 } }))
  })
})

describe('a file', () => {
  it('is followed when it is written in place and when it is replaced', async () => {
    const path = join(folder, 'app.json')
    await writeFile(path, '{"count":0}')
    await using config = await createHotConfig({ sources: path, recheckMs: 3_600_000, logger: false })
    const rejected: string[] = []
    config.onReject(({ message }) => rejected.push(message))
    for (let count = 1; count <= 10; count++) {
      if (count % 2 === 0) await writeFile(path, JSON.stringify({ count }))
      else {
        await writeFile(`${path}.new`, JSON.stringify({ count }))
        await rename(`${path}.new`, path)
      }
      await eventually(() => expect(config.current).toEqual({ count }))
    }
    expect(rejected).toEqual([])
    expect(config.health().sources[0]?.revision).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('is followed within a ConfigMap volume, where it is a link through ..data', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'app.json': '{"count":0}' })
    await using config = await createHotConfig({
      sources: file(join(folder, 'app.json')),
      recheckMs: 3_600_000,
      logger: false,
    })
    for (let count = 1; count <= 5; count++) {
      await mounted.update({ 'app.json': JSON.stringify({ count }) })
      await eventually(() => expect(config.current).toEqual({ count }))
    }
  })

  it('is looked at for changes where a link leads elsewhere', async () => {
    await mkdir(join(folder, 'a'))
    await mkdir(join(folder, 'b'))
    await writeFile(join(folder, 'a', 'app.json'), '{"count":0}')
    await symlink('../a/app.json', join(folder, 'b', 'app.json'))
    await using config = await createHotConfig({ sources: join(folder, 'b', 'app.json'), recheckMs: 20, logger: false })
    await writeFile(join(folder, 'a', 'app.json'), '{"count":1}')
    await eventually(() => expect(config.current).toEqual({ count: 1 }))
  })
})
