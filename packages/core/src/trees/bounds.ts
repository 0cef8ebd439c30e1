import { ownAt } from './path.js'
import type { PathSegment } from './path.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { Tree } from './tree.js'
import { TreeError, isPlainObject, isBranch, isSettled } from './tree.js'

/** Deep enough for any configuration, shallow enough for every recursion that follows. */
export const MAX_DEPTH = 100

/** More than any configuration needs. Aliases, and parts that are shared in a program, make any number of few. */
export const MAX_VALUES = 1_000_000

export const TOO_DEEP: string = `nests deeper than ${MAX_DEPTH} levels`

/**
 * Checks what a schema gave, which may have keys of any name, before anything walks it freely.
 *
 * @param known what was checked before: parts of it are not looked into again
 * @param isObject what is looked into; default: plain objects
 * @throws {TreeError} for nesting beyond {@link MAX_DEPTH} (so also for a cycle), for too many values
 */
export function* checkBounds(
  value: unknown,
  known?: unknown,
  isObject: (value: unknown) => value is Tree = isPlainObject,
  bounds: Bounds = new Bounds(MAX_VALUES),
): Walk<void> {
  const { path, steps } = bounds
  const isArray = Array.isArray(value)
  if (!isArray && !isObject(value)) return
  const segments = isArray ? Array.from(value.keys()) : Object.keys(value)
  bounds.enter(segments.length)
  for (const segment of segments) {
    const below = (value as Tree)[segment]
    const before = isBranch(below) ? ownAt(known, segment) : below
    if (below !== before || !isSettled(below)) {
      path.push(segment)
      yield* checkBounds(below, before, isObject, bounds)
      path.pop()
    }
    if (steps.isPauseDue()) yield
  }
}

/** Where a walk is, and how far it may go. */
export class Bounds {
  readonly path: PathSegment[] = []
  readonly steps: Steps = new Steps()
  #valuesLeft: number

  constructor(maxValues: number) {
    this.#valuesLeft = maxValues
  }

  /** Goes into an object or array of so many values. */
  enter(values: number): void {
    if (this.path.length >= MAX_DEPTH) throw new TreeError(this.path.slice(0, 3), TOO_DEEP)
    this.#valuesLeft -= values
    if (this.#valuesLeft < 0) throw new TreeError([], 'holds too many values, or the same ones again and again')
  }
}
