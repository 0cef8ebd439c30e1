import { createHotConfig, file } from '@hot-config/core'

/** A file that is watched. */
export interface WatchedFile extends AsyncDisposable {
  /** Calls a function after each change since the watch began, one call after another. */
  follow(changed: () => Promise<void>): void
}

/** Watches a file as a service does, so that no change is missed. */
export async function watchFile(path: string): Promise<WatchedFile> {
  // What the text means does not matter here, and it may be gone or empty for a moment.
  const source = file(path, { format: 'text', required: false })
  const config = await createHotConfig({ sources: source, emptied: 'accept', logger: false, recheckMs: 1_000 })
  let isDue = false
  let isRunning = false
  let changed: (() => Promise<void>) | undefined
  const run = async (): Promise<void> => {
    if (!changed || isRunning) return
    isRunning = true
    while (isDue) {
      isDue = false
      await changed()
    }
    isRunning = false
  }
  config.onChange(() => {
    isDue = true
    // An error ends the process, as one of the command itself does.
    void run()
  })
  return {
    follow(callback) {
      changed = callback
      void run()
    },
    [Symbol.asyncDispose]: () => config.close(),
  }
}
