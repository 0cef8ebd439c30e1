import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  unwatchFile,
  watch,
  watchFile,
} from 'node:fs'
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

/** A floor: a watch on the folder, the link, one file below it, `JSON.parse`. */
export const bare: Follow = async (path, saw) => follow(path, () => saw(readCount(path)))

const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * Another floor: makes the system calls that hot-config makes for one small file that changed, in the same order, as
 * `strace` shows them. Without them nothing would be known of other files, of what kind a file is, or of a torn view.
 */
export const sameCalls: Follow = async (path, saw) => {
  const link = join(path, '..data')
  return follow(path, () => {
    const target = readlinkSync(link)
    const texts = readdirSync(join(path, target)).map((name) => {
      const file = openSync(join(path, target, name), constants.O_RDONLY | constants.O_NONBLOCK)
      const length = readSync(file, scratch, 0, scratch.length, 0)
      if (!fstatSync(file).isFile()) throw new Error(`${name} is not a file`)
      closeSync(file)
      return scratch.toString('utf8', 0, length)
    })
    if (readlinkSync(link) !== target) return
    for (const text of texts) saw((JSON.parse(text) as { count: number }).count)
  })
}

/** Calls back for each update of a volume. @returns what ends it */
function follow(path: string, read: () => void): () => void {
  const watcher = watch(path, (_event, name) => {
    if (name === '..data') read()
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
