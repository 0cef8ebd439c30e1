import { setImmediate } from 'node:timers/promises'

import { WITHIN_MS } from '../../support/eventually.ts'

/** Waits turn by turn: a search does it a million times. @throws {Error} when it takes too long */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + WITHIN_MS
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${WITHIN_MS} ms`)
    await setImmediate()
  }
}
