/** How long files that change while they are read are read again, in milliseconds. Far below the limit of one reading. */
const MOVING_MS = 3_000

/** So often a file has to be read before it can be said to keep changing: on a slow disk one reading takes that long. */
const MIN_READINGS = 3

/** How often a file has to hold the same bytes, one reading after another, to count as written with the same content. */
const SAME_READINGS = 5

interface Seen {
  readonly bytes: Uint8Array
  /** The reading that first found these bytes. */
  readonly since: number
}

/**
 * Ends the reading of files that never stop changing, such as a heartbeat that a sidecar writes beside the configuration.
 * A file that is written with the same content again and again is no reason to reject anything.
 */
export class MovingFiles {
  readonly #until = performance.now() + MOVING_MS
  readonly #seen = new Map<string, Seen>()
  #readings = 0

  /**
   * Notes one reading during which files changed.
   *
   * @param read what was read, by file
   * @param moving the files that changed meanwhile
   * @returns the files that keep changing, none when the reading can be used; `undefined` when it is to be read again
   */
  note(read: (file: string) => Uint8Array | undefined, moving: readonly string[]): readonly string[] | undefined {
    const reading = ++this.#readings
    for (const file of moving) {
      const bytes = read(file)
      const before = this.#seen.get(file)
      if (!bytes) this.#seen.delete(file)
      else if (!before || Buffer.compare(before.bytes, bytes) !== 0) this.#seen.set(file, { bytes, since: reading })
    }
    if (performance.now() < this.#until || reading < MIN_READINGS) return undefined
    return moving.filter((file) => reading - (this.#seen.get(file)?.since ?? reading) < SAME_READINGS)
  }
}

/** What to say of a file that keeps changing. */
export const KEEPS_CHANGING: string = `it kept changing for ${MOVING_MS} ms while it was read: write it less often`
