import type { PathSegment } from '../paths.js'
import type { Tree } from '../tree.js'

/** A place in a text, both counted from 1. */
export interface Position {
  readonly line: number
  readonly column?: number
}

/** What a file of one kind is read with. */
export interface Format {
  /**
   * @param keyPath where a flat key, such as `LOG_LEVEL` or `log.level`, belongs in the tree
   * @throws {SyntaxProblem}
   */
  parse(text: string, keyPath: (key: string) => readonly string[]): unknown
  /** Where the text gives the value at a path, for messages. Takes only texts that `parse` took. */
  locate?(text: string, path: readonly PathSegment[]): Position | undefined
}

/** A text that is not of its format. The message says what was expected and never quotes the text. */
export class SyntaxProblem extends Error {
  readonly position: Position | undefined

  constructor(message: string, position?: Position) {
    super(message)
    this.position = position
  }
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}

/** The line on which a flat `key = value` text gives a key. */
export function locateKey(text: string, path: readonly PathSegment[]): Position | undefined {
  const last = path.at(-1)
  if (typeof last !== 'string') return undefined
  const lines = text.split('\n')
  const index = lines.findIndex((line) => {
    const key = /^\s*(?:export\s+)?([^=:#;\s]+)\s*[=:]/.exec(line)?.[1]
    return key === last || key?.endsWith(`.${last}`)
  })
  return index < 0 ? undefined : { line: index + 1 }
}

export type { Tree }
