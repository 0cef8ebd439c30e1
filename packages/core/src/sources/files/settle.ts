import { setTimeout as delay } from 'node:timers/promises'

/** A file that was written less than this time ago may be incomplete. In milliseconds. */
const SETTLE_MS = 50

/**
 * Writing in place first empties the file. On a busy disk that can take long, and the modification time may lag behind.
 * So an empty file is always checked again after this time, however old it seems. In milliseconds.
 */
const EMPTY_SETTLE_MS = 300

/**
 * Waits until files are old enough for a second check to find out whether they were complete.
 *
 * @param files those that changed since the last reading, or all at the first
 * @param isFirst whether their times say how old they are. Later they are known to be new, whatever the clocks say: that
 *   of another machine may differ, and each can be set.
 */
export async function settle(
  files: readonly { readonly size: number | bigint; readonly mtimeMs: number | bigint }[],
  isFirst: boolean,
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now()
  const waits = files.map(({ size, mtimeMs }) => {
    if (Number(size) === 0) return EMPTY_SETTLE_MS
    return isFirst ? SETTLE_MS - Math.max(0, now - Number(mtimeMs)) : SETTLE_MS
  })
  const wait = Math.max(0, ...waits)
  if (wait > 0) await delay(wait, undefined, { signal })
}
