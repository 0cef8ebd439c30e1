import type { Repeated } from '../formats/parser.js'
import type { Position } from '../formats/positions.js'
import type { Entry } from '../sources/source.js'
import type { PathSegment } from '../trees/path.js'
import type { DocumentHint } from './document-hint.js'

/** A parsed entry. */
export interface Part {
  readonly entry: Entry
  readonly tree: unknown
  /** Whether it is a parsed document, and not one value. */
  readonly isDocument: boolean
  /** Set for a file that is read as text, although it is probably a document. */
  readonly hint?: DocumentHint | undefined
  /** The paths that have several values in a file. */
  readonly repeated?: readonly Repeated[]
  /** Whether it is a file without any value. A value from the application's code always counts as a value. */
  readonly isEmpty: boolean
  /** Finds the positions of values, or of their nearest parents, for messages. */
  locate(paths: readonly (readonly PathSegment[])[], signal: AbortSignal): Promise<readonly (Position | undefined)[]>
}
