/** A single miss may be a dead connection. Only a second miss in a row shows that watches do not receive events. */
const MISSES_OF_A_DEAF_WATCH = 2

/**
 * Decides how long a watch may be silent before a list checks whether it missed something. The limit grows when nothing
 * was missed, because not every server sends bookmarks.
 */
export class Silence {
  readonly #limitMs: number
  readonly #probationMs: number
  #currentMs: number
  #isSuspected = false
  #misses = 0
  #isProbed = false

  /** @param probationMs the limit after a watch has missed something */
  constructor(limitMs: number, probationMs: number) {
    this.#limitMs = limitMs
    this.#probationMs = Math.min(limitMs, probationMs)
    this.#currentMs = limitMs
  }

  /** How long the next watch may be silent, in milliseconds. */
  get limitMs(): number {
    return this.#currentMs
  }

  /** Whether watches open but receive no events, because a proxy buffers them. */
  get isDeaf(): boolean {
    return this.#misses >= MISSES_OF_A_DEAF_WATCH
  }

  /**
   * Whether a watch from any version would show that this is over: it was a probe from any version that did not receive
   * anything. Watches that have missed events may still receive what the server sends at their start.
   */
  get canBeProbed(): boolean {
    return this.isDeaf && this.#isProbed
  }

  /** A watch was ended for its silence: the next list shows whether it missed anything. */
  suspect(): void {
    this.#isSuspected = true
  }

  /** A probe has shown that watches receive nothing. */
  isKnownDeaf(): void {
    this.#misses = MISSES_OF_A_DEAF_WATCH
    this.#isProbed = true
  }

  /** A watch failed for another reason, so the next list shows nothing about silence. */
  clear(): void {
    this.#isSuspected = false
  }

  /** @param missed whether the list has something that no watch has reported */
  listed(missed: boolean): void {
    if (!this.#isSuspected) return
    this.#isSuspected = false
    if (missed) this.#misses++
    if (missed || this.isDeaf) this.#currentMs = this.#probationMs
    else this.#currentMs *= 2
  }

  /** A watch received an event. @param isNews whether its content was not known before, or shows as much as news do */
  heard(isBookmark: boolean, isNews: boolean): void {
    if (isNews) {
      this.#misses = 0
      this.#isProbed = false
    }
    if (isBookmark || (isNews && this.#currentMs < this.#limitMs)) this.#currentMs = this.#limitMs
  }
}
