import { readFileSync, readlinkSync, unwatchFile, watch, watchFile } from 'node:fs'
import { join } from 'node:path'

import parcel from '@parcel/watcher'
import { createHotConfig } from '@hot-config/core'
import { watchConfig } from 'c12'
import { watch as watchDeep } from 'chokidar'

/** Missing a notification must not be made good by the look that comes every few seconds. */
export const NEVER_MS = 3_600_000

/** Starts following `app.json` in a volume, and tells of every `count` that can be read. @returns what ends it */
export type Follow = (path: string, saw: (count: number) => void) => Promise<() => unknown>

export const hotConfig: Follow = async (path, saw) => {
  const config = await createHotConfig({ sources: path, recheckMs: NEVER_MS, logger: false })
  config.onChange(({ next }) => {
    saw(next.value['count'] as number)
  })
  return () => config.close()
}

/** The floor: a watch on the folder, the link, one file below it, `JSON.parse`. */
export const bare: Follow = async (path, saw) => {
  const watcher = watch(path, (_event, name) => {
    if (name === '..data') saw(readCount(path))
  })
  return () => {
    watcher.close()
  }
}

/** What else there is, each told of the volume as its documentation tells. */
export const peers: Readonly<Record<string, Follow>> = {
  'chokidar on the folder': async (path, saw) => {
    const watcher = watchDeep(path, { ignoreInitial: true })
    watcher.on('all', () => {
      saw(readCount(path))
    })
    await new Promise<void>((resolve) => {
      watcher.once('ready', resolve)
    })
    return () => watcher.close()
  },

  '@parcel/watcher': async (path, saw) => {
    const { unsubscribe } = await parcel.subscribe(path, () => {
      saw(readCount(path))
    })
    return unsubscribe
  },

  "c12's watchConfig": async (path, saw) => {
    const { unwatch } = await watchConfig<{ count: number }>({
      cwd: path,
      name: 'app',
      configFile: 'app',
      onUpdate: ({ newConfig }) => {
        saw(newConfig.config.count)
      },
    })
    return unwatch
  },

  'fs.watchFile, interval 100': async (path, saw) => {
    const file = join(path, 'app.json')
    watchFile(file, { interval: 100 }, () => {
      saw(readCount(path))
    })
    return () => {
      unwatchFile(file)
    }
  },
}

function readCount(path: string): number {
  const text = readFileSync(join(path, readlinkSync(join(path, '..data')), 'app.json'), 'utf8')
  return (JSON.parse(text) as { count: number }).count
}
