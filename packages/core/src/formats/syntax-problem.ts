import type { Position } from './positions.js'

/**
 * The error for a text that does not match its format. Its message says what was expected and never quotes the text.
 */
export class SyntaxProblem extends Error {
  readonly position: Position | undefined
  readonly path: string | undefined

  constructor(message: string, position?: Position, path?: string) {
    super(message)
    this.position = position
    this.path = path
  }
}
