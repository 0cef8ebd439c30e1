import { setTimeout as delay } from 'node:timers/promises'

/** A file that was written within this time may still be being written. Milliseconds. */
const SETTLE_MS = 50

/**
 * Writing in place begins by emptying the file, which can take long on a busy disk and for a moment leaves the time of
 * the writing before. So an empty file is looked at again however old it seems. Milliseconds.
 */
const EMPTY_SETTLE_MS = 300

/** Waits until what was read is old enough for a second look to tell whether it was complete. */
export async function settle(
  files: readonly { readonly size: number | bigint; readonly mtimeMs: number | bigint }[],
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now()
  const waits = files.map(({ size, mtimeMs }) => {
    if (Number(size) === 0) return EMPTY_SETTLE_MS
    const age = now - Number(mtimeMs)
    // a time in the future tells nothing: then the file counts as old
    return age < 0 ? 0 : SETTLE_MS - age
  })
  const wait = Math.max(0, ...waits)
  if (wait > 0) await delay(wait, undefined, { signal })
}
