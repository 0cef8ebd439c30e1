import { statSync, watch as watchFs } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename } from 'node:path'

import type { Watch, WatchContext } from '../source.js'
import { Places } from './places.js'
import { DATA } from './resolve-path.js'

const NOTIFICATION = process.platform === 'linux' ? 'inotify' : 'fs.watch'

/** A source of more folders is checked instead: the system's limit is for all processes of a user together. */
const MAX_FOLDERS = 500

/** How often folders are listed again while they change. */
const MAX_ATTEMPTS = 10

/** How many reasons a warning names. */
const NAMED = 2

export interface PlacesWatchOptions extends WatchContext {
  /** Where changes would be seen now. Asked again whenever folders may have come or gone. Never throws. */
  readonly places: () => Places
  /**
   * A cheap look at what is there now, in the form of the reading's stamp. Throws or rejects when nothing can be seen.
   */
  readonly look: () => string | Promise<string>
  /** Whether no change can ever reach it. */
  readonly isFixed: () => boolean
}

interface Watched {
  readonly watcher: FSWatcher
  /** The very folder: another one may be at its path later. */
  readonly id: string
}

/**
 * Watches folders: by notification, which is immediate but may miss (overflow, network mounts, limits), and by a look every
 * `recheckMs`, which misses nothing but is late. Where a folder can't be watched the look alone serves, and every look
 * tries again. Never keeps the process alive.
 */
export function watchPlaces(options: PlacesWatchOptions): Watch {
  const { look, changed, lastStamp, recheckMs } = options
  const watched = new Map<string, Watched>()
  /** Why a folder can't be watched. */
  const problems = new Map<string, string>()
  let places = new Places()
  /** What was read last when the newest notification came. */
  let notifiedAt: string | undefined
  /** Whether one came since the last look. */
  let isNotified = false
  /** Whether there was a change that no notification told of. */
  let missed = false
  let closed = false

  const unwatch = (folder: string): void => {
    watched.get(folder)?.watcher.close()
    watched.delete(folder)
  }

  const notice = (folder: string, event: string, name: string | null): void => {
    // under its own name the system tells that the folder itself was moved or removed
    const isOwn = event === 'rename' && name === basename(folder)
    if (isOwn) unwatch(folder)
    else if (name !== null && !places.concern(folder, name)) return
    missed = false
    isNotified = true
    notifiedAt = lastStamp()
    // first, or what comes between reading and watching is seen by nobody; no update of a volume moves a folder
    if (name !== DATA) arm()
    changed()
  }

  const watchOne = (folder: string): void => {
    try {
      const { dev, ino } = statSync(folder)
      const id = `${dev}:${ino}`
      if (watched.get(folder)?.id === id) return
      unwatch(folder)
      if (watched.size >= MAX_FOLDERS) throw new Error(`more than ${MAX_FOLDERS} folders`)
      const watcher = watchFs(folder, { persistent: false }, (event, name) => notice(folder, event, name))
      watcher.on('error', (error) => {
        unwatch(folder)
        problems.set(folder, explain(error))
      })
      watched.set(folder, { watcher, id })
    } catch (error) {
      unwatch(folder)
      problems.set(folder, explain(error))
    }
  }

  function arm(): void {
    let before: string | undefined
    // Again until the folders are the same: one that comes after they were listed, and before its parent is watched, would
    // not be noticed.
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (closed) return
      places = options.places()
      const { folders } = places
      const now = Array.from(folders).join('\n')
      if (now === before) return
      before = now
      problems.clear()
      for (const folder of watched.keys()) if (!folders.has(folder)) unwatch(folder)
      for (const folder of folders) watchOne(folder)
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
    const isNew = known !== undefined && stamp !== known
    // what was notified may still be being read
    if (isNew && !isNotified && notifiedAt !== known) missed = true
    isNotified = false
    if (problems.size > 0 || stamp === undefined || isNew) {
      // no notification told of it: a watch may be on a folder that is no longer the one at its path
      for (const folder of Array.from(watched.keys())) unwatch(folder)
      arm()
    }
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
      if (options.isFixed()) return 'none'
      return problems.size > 0 || missed ? 'recheck' : NOTIFICATION
    },
    get warnings() {
      const reasons = [...new Set(problems.values())]
      const more = reasons.length > NAMED ? `; and ${reasons.length - NAMED} more` : ''
      if (reasons.length > 0)
        return [`${reasons.slice(0, NAMED).join('; ')}${more}; looking every ${recheckMs} ms instead`]
      return missed ? [`a change came without a notification; looking every ${recheckMs} ms instead`] : []
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const folder of Array.from(watched.keys())) unwatch(folder)
    },
  }
}

function explain(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC') return `can't watch: the limit fs.inotify.max_user_watches is reached`
  if (code === 'EMFILE') return `can't watch: the limit fs.inotify.max_user_instances or of open files is reached`
  return `can't watch: ${error instanceof Error ? error.message : String(error)}`
}
