import { statSync, watch as watchFs } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename } from 'node:path'

import { oncePerTurn } from '../../async/once-per-turn.js'
import type { Watch, WatchContext } from '../source.js'
import { Places } from './places.js'
import { DATA } from './resolve-path.js'

const NOTIFICATION = process.platform === 'linux' ? 'inotify' : 'fs.watch'

/**
 * Further folders are not watched but checked, because the system's limit applies to all processes of a user together.
 */
const MAX_FOLDERS = 500

/** How often the folders are listed again while they keep changing. */
const MAX_ATTEMPTS = 10

/**
 * At so many rechecks in a row a folder can't be watched before updates count as late. A fault of the source itself also
 * prevents watching, and is often over before the watch has started again.
 */
const LATE_RECHECKS = 2

/** The maximum number of reasons that a warning names. */
const NAMED = 2

export interface PlacesWatchOptions extends WatchContext {
  /**
   * Returns the folders to watch now. It is called again whenever folders may have been added or removed. Never throws.
   */
  readonly places: () => Places
  /** Returns the stamp of the current content, without reading it. Throws or rejects when it can't be determined. */
  readonly currentStamp: () => string | Promise<string>
  /** Whether no change can ever reach the source. */
  readonly isFixed: () => boolean
}

interface Watched {
  readonly watcher: FSWatcher
  /** The identity of the folder, since another one may replace it at its path. */
  readonly id: string
}

/**
 * Watches folders in two ways. Notifications are immediate, but some may be missing (overflow, network mounts, limits).
 * A check every `recheckMs` misses nothing, but is late. When a folder can't be watched, only the checks notice
 * changes, and each of them tries to watch it again. Never keeps the process alive.
 */
export function watchPlaces(options: PlacesWatchOptions): Watch {
  const { currentStamp, changed, lastStamp, recheckMs } = options
  const watched = new Map<string, Watched>()
  /** The reasons why folders can't be watched. */
  const problems = new Map<string, string>()
  let places = new Places()
  /** The stamp of the last reading at the time of the newest notification. */
  let notifiedAt: string | undefined
  /** Whether there was a notification since the last check. */
  let isNotified = false
  /** Whether there was a change without a notification. */
  let missed = false
  /** At how many rechecks in a row the source could be read, but not all of its folders could be watched. */
  let lateRechecks = 0
  const isLate = (): boolean => lateRechecks >= LATE_RECHECKS
  let closed = false

  const unwatch = (folder: string): void => {
    watched.get(folder)?.watcher.close()
    watched.delete(folder)
  }

  /**
   * Watches new folders before the reading starts. Otherwise a change between reading and watching would be missed. Once
   * for all notifications of one turn: thousands of files may change at once, and each of them is listed.
   */
  const armAndReport = oncePerTurn(() => {
    if (closed) return
    arm()
    if (problems.size === 0) lateRechecks = 0
    changed()
  })

  const notice = (folder: string, event: string, name: string | null): void => {
    // A rename event with the folder's own name means that the folder itself was moved or removed.
    const isOwn = event === 'rename' && name === basename(folder)
    if (isOwn) unwatch(folder)
    else if (name !== null && !places.concern(folder, name)) return
    missed = false
    isNotified = true
    notifiedAt = lastStamp()
    // An update of a volume adds no folder to watch.
    if (name === DATA) changed()
    else armAndReport()
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
    // Repeated until the list is stable. A folder that is created after its parent was listed and before it is watched
    // would not be noticed.
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
      stamp = await currentStamp()
    } catch {
      // Reading the source will report the reason.
    }
    if (closed) return
    const known = lastStamp()
    const isNew = known !== undefined && stamp !== known
    // The content of a notified change may still be in reading. Only other changes were missed.
    if (isNew && !isNotified && notifiedAt !== known) missed = true
    isNotified = false
    const wasLate = isLate()
    if (problems.size > 0 || stamp === undefined || isNew) {
      // There was no notification, so a watcher may belong to a folder that was replaced. All of them start again.
      for (const folder of Array.from(watched.keys())) unwatch(folder)
      arm()
    }
    if (problems.size === 0) lateRechecks = 0
    else if (stamp !== undefined) lateRechecks++
    else if (!isLate()) lateRechecks = 0
    // A check without a change writes the log line of this turn.
    if (stamp === undefined || stamp !== known || isLate() !== wasLate) changed()
  }

  let timer: NodeJS.Timeout | undefined
  const schedule = (): void => {
    if (!closed) timer = setTimeout(() => void recheck().then(schedule), recheckMs).unref()
  }

  arm()
  if (problems.size > 0) lateRechecks = LATE_RECHECKS
  schedule()

  return {
    get by() {
      if (options.isFixed()) return 'none'
      return problems.size > 0 || missed ? 'recheck' : NOTIFICATION
    },
    get isDegraded() {
      return isLate() && !options.isFixed()
    },
    get warnings() {
      const reasons = [...new Set(problems.values())]
      const more = reasons.length > NAMED ? `; and ${reasons.length - NAMED} more` : ''
      if (reasons.length > 0)
        return [`${reasons.slice(0, NAMED).join('; ')}${more}; checking every ${recheckMs} ms instead`]
      return missed ? [`a change came without a notification; checking every ${recheckMs} ms instead`] : []
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
