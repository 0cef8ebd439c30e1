import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Runs `use` where the limit on inotify watches is exhausted. */
export async function watchFailing(use: () => Promise<void>): Promise<void> {
  const { watch } = fs
  fs.watch = () => {
    throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' })
  }
  syncBuiltinESMExports()
  try {
    await use()
  } finally {
    fs.watch = watch
    syncBuiltinESMExports()
  }
}
