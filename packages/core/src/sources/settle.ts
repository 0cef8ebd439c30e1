import { setTimeout as delay } from 'node:timers/promises'

/** A file that was written within this time may still be being written. Milliseconds. */
const SETTLE_MS = 50

/** Writing in place begins by emptying the file, and on a busy disk that can take long. Milliseconds. */
const EMPTY_SETTLE_MS = 500

/** Waits until what was read is old enough for a second look to tell whether it was complete. */
export async function settle(
  files: readonly { readonly size: number | bigint; readonly mtimeMs: number | bigint }[],
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now()
  const waits = files.map(({ size, mtimeMs }) => {
    const age = now - Number(mtimeMs)
    // a time in the future tells nothing: then the file counts as old
    return age < 0 ? 0 : (Number(size) === 0 ? EMPTY_SETTLE_MS : SETTLE_MS) - age
  })
  const wait = Math.max(0, ...waits)
  if (wait > 0) await delay(wait, undefined, { signal })
}
