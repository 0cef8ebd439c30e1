import { setTimeout as delay } from 'node:timers/promises'

/** A file that was written less than this time ago may be incomplete. In milliseconds. */
const SETTLE_MS = 50

/**
 * Writing in place first empties the file. On a busy disk that can take long, and the modification time may lag behind.
 * So an empty file is always checked again after this time, however old it seems. In milliseconds.
 */
const EMPTY_SETTLE_MS = 300

/** Waits until the files that were read are old enough for a second check to find out whether they were complete. */
export async function settle(
  files: readonly { readonly size: number | bigint; readonly mtimeMs: number | bigint }[],
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now()
  const waits = files.map(({ size, mtimeMs }) => {
    if (Number(size) === 0) return EMPTY_SETTLE_MS
    const age = now - Number(mtimeMs)
    // A time in the future has no meaning, so the file counts as old.
    return age < 0 ? 0 : SETTLE_MS - age
  })
  const wait = Math.max(0, ...waits)
  if (wait > 0) await delay(wait, undefined, { signal })
}
