import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, file, volume } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { watchFailing } from '../support/failing-watch.ts'
import { follow } from '../support/follow.ts'
import { inotifyWatches } from '../support/inotify.ts'
import { proves } from '../requirements.ts'

proves('never-stale')

let folder: string

const notification = process.platform === 'linux' ? 'inotify' : 'fs.watch'

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'never-stale-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** The same source without its notifications, which get lost on a network mount. */
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
  it('serves every update at once, with one watch however many files there are', async () => {
    const mounted = await createConfigMapVolume(folder)
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}.json`, '{}']))
    await mounted.update({ ...many, 'count.json': '{"count":0}' })
    const before = inotifyWatches()
    // no recheck can be what notices it
    await using running = await follow(folder, { recheckMs: 3_600_000 })
    expect(inotifyWatches()).toBe(before + 1)
    for (let count = 1; count <= 12; count++) {
      await mounted.update({ ...many, 'count.json': JSON.stringify({ count }) })
      await running.serves({ count })
    }
  })

  it('serves the last update of every burst of three', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ count: '0' })
    await using running = await follow(folder, { recheckMs: 3_600_000 })
    for (let count = 3; count <= 30; count += 3) {
      for (const step of [2, 1, 0]) await mounted.update({ count: String(count - step) })
      await running.serves({ count: String(count) })
    }
  })

  it('serves an update after a recheck when every notification is lost', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ count: '0' })
    await using running = await follow(deaf(volume(folder)), { recheckMs: 20 })
    await mounted.update({ count: '1' })
    await running.serves({ count: '1' })
  })

  it('follows a folder that was replaced by another', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await using running = await follow(volume(path), { recheckMs: 20 })
    await mounted.remove()
    const next = await createConfigMapVolume(path)
    await next.update({ count: '1' })
    await running.serves({ count: '1' })
    await next.update({ count: '2' })
    await running.serves({ count: '2' })
  })

  it('reports at once that it is no longer watched when its folder is moved away', async () => {
    const path = join(folder, 'config')
    await (await createConfigMapVolume(path)).update({ count: '0' })
    // no recheck can be what notices it
    await using running = await follow(volume(path), { recheckMs: 3_600_000 })
    expect(running.config.health().sources).toMatchObject([{ watching: notification, warnings: [] }])
    await rename(path, `${path}-away`)
    await running.reports({ sources: [{ watching: 'recheck' }] })
    expect(running.config.health().sources[0]?.warnings).toEqual([expect.stringMatching(/^can't watch: ENOENT/)])
    expect(running.config.current['count']).toBe('0')
  })

  it('is watched again when its folder is back as it was', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await using running = await follow(volume(path), { recheckMs: 20 })
    await rename(path, `${path}-away`)
    await running.reports({ sources: [{ watching: 'recheck' }] })
    await rename(`${path}-away`, path)
    await running.reports({ status: 'pass', sources: [{ watching: notification }] })
    await mounted.update({ count: '1' })
    await running.serves({ count: '1' })
  })

  it('keeps the last good values while its folder is gone, reports that, and recovers when it is back', async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await using running = await follow(volume(path), { recheckMs: 20 })
    await mounted.remove()
    await running.reports({ status: 'warn' })
    expect(running.config.current['count']).toBe('0')
    expect(running.config.health().lastRejection?.message).toContain(`volume:${path}`)
    await (await createConfigMapVolume(path)).update({ count: '0' })
    await running.reports({ status: 'pass' })
  })

  it("is rechecked instead, with the reason in health, where it can't be watched", async () => {
    const path = join(folder, 'config')
    const mounted = await createConfigMapVolume(path)
    await mounted.update({ count: '0' })
    await watchFailing(async () => {
      await using running = await follow(volume(path), { recheckMs: 20 })
      const [source] = running.config.health().sources
      expect(source).toMatchObject({ watching: 'recheck', updatable: true })
      expect(source?.warnings[0]).toContain('fs.inotify.max_user_watches')
      expect(source?.warnings[0]).toContain('checking every 20 ms')
      const [line] = running.logger.at('warn')
      expect(line?.message).toMatch(/^updates of volume:.* arrive late: .*fs\.inotify\.max_user_watches/)
      await mounted.update({ count: '1' })
      await running.serves({ count: '1' })
      expect(running.logger.at('warn')).toHaveLength(1)
    })
  })
})

describe('updates that arrive late', () => {
  it('have a line when it begins and one when it ends, although nothing changes', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ count: '0' })
    const texts: string[] = []
    const note = (_details: object, message: string): void => void texts.push(message)
    let config: HotConfig<Record<string, unknown>> | undefined
    await watchFailing(async () => {
      config = await createHotConfig({
        sources: volume(folder),
        recheckMs: 20,
        logger: { info: note, warn: note, error: note },
      })
    })
    await eventually(() => expect(texts.at(-1)).toMatch(/no longer arrive late$/))
    expect(texts.filter((text) => text.includes('arrive late: '))).toHaveLength(1)
    expect(config?.health()).toMatchObject({ status: 'pass', sources: [{ watching: notification, warnings: [] }] })
    await config?.close()
  })
})

describe('a plain folder', () => {
  it('is followed file by file, without the temporary files of editors', async () => {
    await writeFile(join(folder, 'app.json'), '{"count":0}')
    await using running = await follow(folder, { recheckMs: 3_600_000 })
    await writeFile(join(folder, '.app.json.swp'), 'garbage')
    await writeFile(join(folder, 'app.json~'), 'garbage')
    await writeFile(join(folder, 'app.json'), '{"count":1}')
    await running.serves({ count: 1 })
    await writeFile(join(folder, 'more.yaml'), 'more: true')
    await running.serves({ count: 1, more: true })
    await rm(join(folder, 'more.yaml'))
    await running.serves({ count: 1 })
    expect(await readdir(folder)).toHaveLength(3)
  })

  it('is rechecked for changes in the folders below, which are not watched', async () => {
    await mkdir(join(folder, 'db'))
    await writeFile(join(folder, 'db', 'pool.json'), '{"max":1}')
    await using running = await follow(folder, { recheckMs: 20 })
    expect(running.config.current).toEqual({ db: { max: 1 } })
    await writeFile(join(folder, 'db', 'pool.json'), '{"max":2}')
    await running.serves({ db: { max: 2 } })
  })
})

describe('a file', () => {
  it('is followed when it is written in place and when it is replaced', async () => {
    const path = join(folder, 'app.json')
    await writeFile(path, '{"count":0}')
    await using running = await follow(path, { recheckMs: 3_600_000 })
    for (let count = 1; count <= 10; count++) {
      if (count % 2 === 0) await writeFile(path, JSON.stringify({ count }))
      else {
        await writeFile(`${path}.new`, JSON.stringify({ count }))
        await rename(`${path}.new`, path)
      }
      await running.serves({ count })
    }
    expect(running.rejections).toEqual([])
    expect(running.config.health().sources[0]?.revision).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('is followed within a ConfigMap volume, where it is a link through ..data', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'app.json': '{"count":0}' })
    await using running = await follow(file(join(folder, 'app.json')), { recheckMs: 3_600_000 })
    for (let count = 1; count <= 5; count++) {
      await mounted.update({ 'app.json': JSON.stringify({ count }) })
      await running.serves({ count })
    }
  })

  it('is rechecked for changes when it is a link into another folder', async () => {
    await mkdir(join(folder, 'a'))
    await mkdir(join(folder, 'b'))
    await writeFile(join(folder, 'a', 'app.json'), '{"count":0}')
    await symlink('../a/app.json', join(folder, 'b', 'app.json'))
    await using running = await follow(join(folder, 'b', 'app.json'), { recheckMs: 20 })
    await writeFile(join(folder, 'a', 'app.json'), '{"count":1}')
    await running.serves({ count: 1 })
  })
})
