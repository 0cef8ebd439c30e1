import type { PositionMap } from './positions.js'

/** Where a flat key, such as `LOG_LEVEL` or `log.level`, belongs in the tree: at one place, unless a schema knows several. */
export type KeyToPaths = (key: string) => readonly (readonly string[])[]

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
   * @throws {SyntaxProblem} or {@link TreeError}
   */
  parse(text: string, keyToPaths: KeyToPaths): unknown
  /** Where a text that `parse` accepts has its values, for messages. */
  positions(text: string, keyToPaths: KeyToPaths): PositionMap | Promise<PositionMap>
}
