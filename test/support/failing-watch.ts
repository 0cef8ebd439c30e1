import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Runs `use` where the limit on inotify watches is exhausted. */
export async function watchFailing(use: () => Promise<void>): Promise<void> {
  await watchReplaced(() => {
    throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' })
  }, use)
}

/** Runs `use` where no notification ever comes, as on a network mount. */
export async function watchDeaf(use: () => Promise<void>): Promise<void> {
  await watchReplaced(() => Object.assign(new EventEmitter(), { close: () => undefined }) as unknown as FSWatcher, use)
}

async function watchReplaced(replacement: () => FSWatcher, use: () => Promise<void>): Promise<void> {
  const { watch } = fs
  fs.watch = replacement
  syncBuiltinESMExports()
  try {
    await use()
  } finally {
    fs.watch = watch
    syncBuiltinESMExports()
  }
}
