import type { Repeated } from '../formats/parser.js'
import type { Position } from '../formats/positions.js'
import type { Entry } from '../sources/source.js'
import type { PathSegment } from '../trees/path.js'
import type { DocumentHint } from './document-hint.js'

/** One entry, parsed. */
export interface Part {
  readonly entry: Entry
  readonly tree: unknown
  /** Whether it is a file of a format, and not one value. */
  readonly isDocument: boolean
  /** What is probably wrong with a file that is read as one value: that it is a document. */
  readonly hint?: DocumentHint | undefined
  /** The paths that have several values in a file. */
  readonly repeated?: readonly Repeated[]
  /** Whether it is a file without any value. What a program gives as a value is one, whatever it is. */
  readonly isEmpty: boolean
  /** Where the entry gives the values at these paths, or what is nearest around each, for messages. */
  locate(paths: readonly (readonly PathSegment[])[], signal: AbortSignal): Promise<readonly (Position | undefined)[]>
}
