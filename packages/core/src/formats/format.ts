import { valueAt } from '../trees/path.js'
import type { PathSegment } from '../trees/path.js'
import type { Soon } from '../async/soon.js'
import { TreeError, isPlainObject, setAt } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'

/** A place in a text, both counted from 1. */
export interface Position {
  readonly line: number
  readonly column?: number
}

/** Where a text gives a value, and the values below it. */
export interface Place {
  position?: Position
  readonly below: Map<string, Place>
}

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
  places(text: string, keyToPaths: KeyToPaths): Soon<Place>
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

const NOTHING_BELOW: Map<string, Place> = new Map()

export function rootPlace(): Place {
  return { below: new Map() }
}

/** Notes where a value stands. Libraries differ in whether an index is a number or text. */
export function addPlace(parent: Place, segment: PathSegment, position: Position, hasBelow = true): Place {
  const place: Place = { position, below: hasBelow ? new Map<string, Place>() : NOTHING_BELOW }
  parent.below.set(String(segment), place)
  return place
}

/** Where a value stands, or what is nearest around it. */
export function findPosition(root: Place, path: readonly PathSegment[]): Position | undefined {
  let position = root.position
  let place: Place | undefined = root
  for (const segment of path) {
    place = place.below.get(String(segment))
    if (!place) break
    position = place.position ?? position
  }
  return position
}

/** Turns offsets in a text into positions. */
export function positionFinder(text: string): (offset: number) => Position {
  const starts = [0]
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  return (offset) => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

/** One line of a text of keys and values. An empty object stands for a section. */
export interface Pair {
  readonly path: readonly string[]
  readonly value: unknown
  readonly position: Position
}

/** A format whose texts are flat lists of keys and values. */
export function flatFormat(pairsOf: (text: string, keyToPaths: KeyToPaths) => Iterable<Pair>): Format {
  return {
    heavyBytes: 32 * 1024,
    parse(text, keyToPaths) {
      const tree: Tree = {}
      for (const { path, value, position } of pairsOf(text, keyToPaths)) {
        if (path.length === 0) throw new SyntaxProblem('expected a key before the value', position)
        if (isPlainObject(value) && isPlainObject(valueAt(tree, path))) continue
        try {
          setAt(tree, path, value)
        } catch (error) {
          throw error instanceof TreeError ? new SyntaxProblem(error.message, position, error.path) : error
        }
      }
      return tree
    },
    places(text, keyToPaths) {
      const root = rootPlace()
      for (const { path, position } of pairsOf(text, keyToPaths)) {
        let place = root
        for (const segment of path) place = place.below.get(segment) ?? addPlace(place, segment, position)
        place.position = position
      }
      return root
    },
  }
}
