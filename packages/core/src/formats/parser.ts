import type { Position, PositionMap } from './positions.js'

/** Where a flat key, such as `LOG_LEVEL` or `log.level`, belongs in the tree: at one place, unless a schema knows several. */
export type KeyToPaths = (key: string) => readonly (readonly string[])[]

/** A path that a flat text gives several values, of which the last one counts. */
export interface Repeated {
  readonly path: readonly string[]
  readonly position: Position
}

/** Reads the files of one format. */
export interface Parser {
  /**
   * Texts of so many bytes are parsed in a worker. Measured: parsing fewer takes about four milliseconds of the main
   * thread at most, once it is warm, while a worker needs some fifty to start and takes about two of the main thread.
   */
  readonly heavyBytes: number
  /**
   * Returns what the text says, or a promise of it.
   *
   * @param repeated collects what the text gives several values, in a format that allows it
   * @throws {SyntaxProblem} or {@link TreeError}
   */
  parse(text: string, keyToPaths: KeyToPaths, repeated?: Repeated[]): unknown
  /** Where a text that `parse` accepts has its values, for messages. */
  positions(text: string, keyToPaths: KeyToPaths): PositionMap | Promise<PositionMap>
}
