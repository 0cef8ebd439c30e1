import type { PathSegment } from '../../trees/path.js'
import { isBranch } from '../../trees/tree.js'

/** Some values of one object or list. */
interface Run {
  readonly path: readonly PathSegment[]
  readonly isList: boolean
  readonly keys: readonly PathSegment[]
  readonly values: readonly unknown[]
}

/** A part of a tree. Its structured clone takes about a millisecond, where that of a whole tree would be a long stall. */
export interface Piece {
  readonly runs: readonly Run[]
  readonly isLast: boolean
}

/** A piece ends when it has this many values. A long text counts as several. */
const MAX_VALUES = 2_000
const CHARACTERS_PER_VALUE = 32

/** Splits a tree into pieces, each of which can be sent alone. */
export function* split(root: object): Generator<Piece, void, undefined> {
  let runs: Run[] = []
  let left = MAX_VALUES
  function* add(parent: object, path: readonly PathSegment[]): Generator<Piece, void, undefined> {
    const isList = Array.isArray(parent)
    let run = { path, isList, keys: [] as PathSegment[], values: [] as unknown[] }
    runs.push(run)
    for (const key of Object.keys(parent)) {
      const value = (parent as Record<string, unknown>)[key]
      const rest = afterValue(value, MAX_VALUES)
      if (rest < 0 && isBranch(value)) {
        yield* add(value, [...path, key])
        runs.push((run = { path, isList, keys: [], values: [] }))
        continue
      }
      left -= MAX_VALUES - rest
      run.keys.push(key)
      run.values.push(value)
      if (left > 0) continue
      yield { runs, isLast: false }
      run = { path, isList, keys: [], values: [] }
      runs = [run]
      left = MAX_VALUES
    }
  }
  yield* add(root, [])
  yield { runs, isLast: true }
}

/** @returns what a value leaves of a number of values; a negative number when it has more */
function afterValue(value: unknown, budget: number): number {
  if (typeof value === 'string') return budget - 1 - Math.floor(value.length / CHARACTERS_PER_VALUE)
  if (!isBranch(value)) return budget - 1
  let left = budget - 1
  for (const below of Object.values(value)) {
    left = afterValue(below, left)
    if (left < 0) break
  }
  return left
}

/** Adds the values of a piece to a tree. */
export function join(root: object, { runs }: Piece): void {
  for (const { path, isList, keys, values } of runs) {
    let at = root as Record<PathSegment, unknown>
    for (const segment of path) {
      // The run of each parent came before, so only the last segment can be missing. Names such as `toString` are inherited.
      if (!Object.hasOwn(at, segment)) at[segment] = isList ? [] : {}
      at = at[segment] as Record<PathSegment, unknown>
    }
    for (const [index, key] of keys.entries()) at[key] = values[index]
  }
}
