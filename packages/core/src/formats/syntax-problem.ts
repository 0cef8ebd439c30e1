import type { Position } from './positions.js'

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
