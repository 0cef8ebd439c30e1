import { watch as watchFs } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'

import type { Watch, WatchContext } from '../source.js'

const NOTIFICATION = process.platform === 'linux' ? 'inotify' : 'fs.watch'

export interface FolderWatchOptions extends WatchContext {
  /** The folder to watch. */
  readonly folder: string
  /** Whether something that happened to this name below the folder matters. */
  readonly concerns: (name: string) => boolean
  /**
   * A cheap look at what is there now, in the form of the reading's stamp. Rejects when nothing can be seen.
   */
  readonly look: () => Promise<string>
}

/**
 * Watches one folder: by notification, which is immediate but may miss (overflow, network mounts, limits), and by a
 * look every `recheckMs`, which misses nothing but is late. Where notification is not to be had, the look alone serves,
 * and every look tries to get notification back. Never keeps the process alive.
 */
export function watchFolder(options: FolderWatchOptions): Watch {
  const { folder, concerns, look, changed, lastStamp, recheckMs } = options
  let watcher: FSWatcher | undefined
  let watchedId: string | undefined
  let warning: string | undefined
  let closed = false

  /** When this changes, the watch is on a folder that is gone. */
  const folderId = async (): Promise<string | undefined> => {
    try {
      const { dev, ino } = await stat(folder)
      return `${dev}-${ino}`
    } catch {
      return undefined
    }
  }

  const disarm = (reason?: string): void => {
    watcher?.close()
    watcher = undefined
    warning = reason
  }

  const arm = (): void => {
    disarm()
    try {
      watcher = watchFs(folder, { persistent: false }, (_event, name) => {
        if (name === null || concerns(name)) changed()
      })
      watcher.on('error', (error) => {
        disarm(explain(error))
      })
    } catch (error) {
      disarm(explain(error))
    }
  }

  const recheck = async (): Promise<void> => {
    const [id, stamp] = await Promise.all([folderId(), look().catch(() => undefined)])
    if (closed) return
    if (!watcher || (watchedId !== undefined && id !== watchedId)) arm()
    watchedId = id
    if (stamp === undefined || stamp !== lastStamp()) changed()
  }

  let timer: NodeJS.Timeout | undefined
  const schedule = (): void => {
    if (!closed) timer = setTimeout(() => void recheck().then(schedule), recheckMs).unref()
  }

  arm()
  void folderId().then((id) => (watchedId ??= id))
  schedule()

  return {
    get by() {
      return watcher ? NOTIFICATION : 'recheck'
    },
    get warnings() {
      return warning === undefined ? [] : [`${warning}; looking every ${recheckMs} ms instead`]
    },
    close() {
      closed = true
      clearTimeout(timer)
      disarm()
    },
  }
}

function explain(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC') return `can't watch: the limit fs.inotify.max_user_watches is reached`
  if (code === 'EMFILE') return `can't watch: the limit fs.inotify.max_user_instances or of open files is reached`
  return `can't watch: ${error instanceof Error ? error.message : String(error)}`
}
