import { watch as watchFs } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename } from 'node:path'

import { messageOf } from '../../errors/errors.js'
import type { Watch, WatchContext } from '../source.js'

const NOTIFICATION = process.platform === 'linux' ? 'inotify' : 'fs.watch'

export interface FolderWatchOptions extends WatchContext {
  /** The folder to watch. */
  readonly folder: string
  /** Whether something that happened to this name below the folder matters. */
  readonly concerns: (name: string) => boolean
  /**
   * A cheap look at what is there now, in the form of the reading's stamp. Throws or rejects when nothing can be seen.
   */
  readonly look: () => string | Promise<string>
}

/**
 * Watches one folder: by notification, which is immediate but may miss (overflow, network mounts, limits), and by a
 * look every `recheckMs`, which misses nothing but is late. Where notification is not to be had, the look alone serves,
 * and every look tries to get notification back. Never keeps the process alive.
 */
export function watchFolder(options: FolderWatchOptions): Watch {
  const { folder, concerns, look, changed, lastStamp, recheckMs } = options
  let watcher: FSWatcher | undefined
  let warning: string | undefined
  let closed = false

  const disarm = (reason?: string): void => {
    watcher?.close()
    watcher = undefined
    warning = reason
  }

  const arm = (): void => {
    disarm()
    try {
      watcher = watchFs(folder, { persistent: false }, (event, name) => {
        // under its own name the system tells that the folder itself was moved or removed
        if (event === 'rename' && name === basename(folder)) arm()
        else if (name !== null && !concerns(name)) return
        changed()
      })
      watcher.on('error', (error) => {
        disarm(explain(error))
      })
    } catch (error) {
      disarm(explain(error))
    }
  }

  const recheck = async (): Promise<void> => {
    let stamp: string | undefined
    try {
      stamp = await look()
    } catch {
      // reading will say why
    }
    if (closed) return
    const known = lastStamp()
    // no notification told of it: the watch may be on a folder that is no longer the one at this path
    if (!watcher || stamp === undefined || (known !== undefined && stamp !== known)) arm()
    if (stamp === undefined || stamp !== known) changed()
  }

  let timer: NodeJS.Timeout | undefined
  const schedule = (): void => {
    if (!closed) timer = setTimeout(() => void recheck().then(schedule), recheckMs).unref()
  }

  arm()
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
  return `can't watch: ${messageOf(error)}`
}
