import type { Position, PositionMap } from './positions.js'

/**
 * Maps a flat key, such as `LOG_LEVEL` or `log.level`, to its path in the tree. The schema may define several paths.
 */
export type KeyToPaths = (key: string) => readonly (readonly string[])[]

/** A path that has several values in a flat text. The last one counts. */
export interface Repeated {
  readonly path: readonly string[]
  readonly position: Position
}

/** Parses the files of one format. */
export interface Parser {
  /**
   * From this size in bytes on, a text is parsed in a worker. Measurements: a smaller text blocks the main thread for
   * at most about 4 ms, once the code is warm. A worker needs about 50 ms to start, 2 ms of it on the main thread.
   */
  readonly heavyBytes: number
  /** Whether its texts are flat lists of keys and values, and every value is text. */
  readonly isFlat?: boolean
  /**
   * Returns the value that the text describes, or a promise of it.
   *
   * @param repeated collects the paths that have several values, in a format that allows it
   * @throws {SyntaxProblem} or {@link TreeError}
   */
  parse(text: string, keyToPaths: KeyToPaths, repeated?: Repeated[]): unknown
  /** Returns the positions of the values in a text that `parse` accepts, for messages about them. */
  positions(text: string, keyToPaths: KeyToPaths): PositionMap | Promise<PositionMap>
}
