import type { Position, PositionMap } from './positions.js'

/** Where a flat key, such as `LOG_LEVEL` or `log.level`, belongs in the tree: at one place, unless a schema knows several. */
export type KeyToPaths = (key: string) => readonly (readonly string[])[]

/** What a file of one kind is read with. */
export interface Format {
  /**
   * Texts of so many bytes are parsed in a thread. Measured: parsing fewer takes about four milliseconds of the main
   * thread at most, once it is warm, while a thread needs some fifty to start and takes about two of the main thread.
   */
  readonly heavyBytes: number
  /**
   * May give a promise, of what is thrown as well.
   *
   * @throws {SyntaxProblem} or {@link TreeError}
   */
  parse(text: string, keyToPaths: KeyToPaths): unknown
  /** Where the text gives what, for messages. Takes only texts that `parse` took. */
  positions(text: string, keyToPaths: KeyToPaths): PositionMap | Promise<PositionMap>
}

/** A text that is not of its format. The message says what was expected and never quotes the text. */
export class SyntaxProblem extends Error {
  readonly position: Position | undefined
  readonly path: string | undefined

  constructor(message: string, position?: Position, path?: string) {
    super(message)
    this.position = position
    this.path = path
  }
}
