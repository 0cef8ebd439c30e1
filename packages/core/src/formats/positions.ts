import type { PathSegment } from '../trees/path.js'

/** A place in a text. Line and column are counted from 1. */
export interface Position {
  readonly line: number
  readonly column?: number
}

/** The position of a value in a text, with the positions of the values below it. */
export interface PositionMap {
  position?: Position
  /** A number as it is written in the text, since a parser may have rounded it. */
  number?: string
  /** A date as it is written in the text, for a format that has dates. */
  date?: string
  readonly below: Map<string, PositionMap>
  /** Whether the names below are the indexes of a list. */
  isList?: boolean
}

const NOTHING_BELOW: Map<string, PositionMap> = new Map()

export function emptyPositionMap(): PositionMap {
  return { below: new Map() }
}

/** Adds the position of a value. The index in a list may be a number or text, depending on the parser's library. */
export function addPosition(
  parent: PositionMap,
  segment: PathSegment,
  position: Position,
  hasBelow = true,
): PositionMap {
  const place: PositionMap = { position, below: hasBelow ? new Map<string, PositionMap>() : NOTHING_BELOW }
  parent.below.set(String(segment), place)
  if (typeof segment === 'number') parent.isList = true
  return place
}

/** Returns the position of a value, or of its nearest parent that has one. */
export function positionOf(root: PositionMap, path: readonly PathSegment[]): Position | undefined {
  let position = root.position
  let place: PositionMap | undefined = root
  for (const segment of path) {
    place = place.below.get(String(segment))
    if (!place) break
    position = place.position ?? position
  }
  return position
}

/** Returns a function that converts offsets in a text to positions. */
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
