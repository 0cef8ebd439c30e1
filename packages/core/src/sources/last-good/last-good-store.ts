/** Where the last good configuration is kept outside the process. What it keeps may hold what no log may show. */
export interface LastGoodStore {
  /** Returns what was saved last, `undefined` when nothing was. The signal aborts after 2 s. */
  load(signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Replaces what was saved, as a whole or not at all. The signal aborts after 2 s. */
  save(bytes: Uint8Array, signal: AbortSignal): Promise<void>
}
