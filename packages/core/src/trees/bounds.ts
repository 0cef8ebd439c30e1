import { valuesIf, valuesOf } from './build-object.js'
import { ownAt, valueAt } from './path.js'
import type { PathSegment } from './path.js'
import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import type { Tree } from './tree.js'
import { TreeError, isBranch, isInstance, isPlainObject, isUnchanged } from './tree.js'

/** The maximum depth of a tree. It is more than any configuration needs, and safe for recursive functions. */
export const MAX_DEPTH = 100

/**
 * Upper bound on the number of values. YAML aliases and shared references can expand a small document into millions.
 */
export const MAX_VALUES = 1_000_000

export const TOO_DEEP: string = `nests deeper than ${MAX_DEPTH} levels`

/**
 * Checks that a value is neither too deep nor too large, before it is walked without checks.
 *
 * @param known a frozen value that was checked before; its parts are not checked again
 * @param isObject tells which values are walked. Default: plain objects
 * @throws {TreeError} for nesting beyond {@link MAX_DEPTH}, which includes cycles, for too many values, and with an input
 *   for what a failed conversion leaves
 */
export function* checkBounds(
  value: unknown,
  known?: unknown,
  isObject: (value: unknown) => value is Tree = isPlainObject,
  bounds: Bounds = new Bounds(MAX_VALUES),
): Walk<void> {
  const { path, steps } = bounds
  const isArray = Array.isArray(value)
  if (!isArray && !isObject(value)) {
    bounds.checkInstance(value)
    return
  }
  const keys = isArray ? undefined : Object.keys(value)
  const values: readonly unknown[] = keys ? valuesOf(value as Tree, keys) : (value as unknown[])
  bounds.enter(values.length)
  const before = keys && isPlainObject(known) ? valuesIf(known, keys) : undefined
  for (let index = 0; index < values.length; index++) {
    const below = values[index]
    if (isBranch(below)) {
      const segment = keys?.[index] ?? index
      const was = before ? before[index] : ownAt(known, segment)
      if (!isUnchanged(below, was)) {
        path.push(segment)
        yield* checkBounds(below, isInstance(below) ? undefined : was, isObject, bounds)
        path.pop()
      }
    } else if (Number.isNaN(below)) {
      bounds.rejectNaN(keys?.[index] ?? index)
    }
    if (steps.isPauseDue()) yield
  }
}

/** The position of a walk, and how far it may go. */
export class Bounds {
  readonly path: PathSegment[] = []
  readonly steps: Steps = new Steps()
  readonly #input: Tree | undefined
  #valuesLeft: number

  /**
   * @param maxValues the largest number of values, at most {@link MAX_VALUES}
   * @param input what a schema made the values from, if it did
   */
  constructor(maxValues: number, input?: Tree) {
    this.#valuesLeft = Math.min(maxValues, MAX_VALUES)
    this.#input = input
  }

  /** Enters an object or array with this number of values. */
  enter(values: number): void {
    if (this.path.length >= MAX_DEPTH) throw new TreeError(this.path.slice(0, 3), TOO_DEEP)
    this.#valuesLeft -= values
    if (this.#valuesLeft < 0) throw new TreeError([], 'holds too many values, or the same ones again and again')
  }

  /** Rejects `NaN` below the current place, if a schema made it. */
  rejectNaN(segment: PathSegment): void {
    this.#rejectUnconverted(Number.NaN, [...this.path, segment], 'NaN, not a number')
  }

  /** Rejects an invalid date in the current place, if a schema made it. */
  checkInstance(value: unknown): void {
    const isInvalid = value instanceof Date && Number.isNaN(value.getTime())
    if (isInvalid) this.#rejectUnconverted(value, this.path, 'an invalid date')
  }

  /** Rejects what a conversion leaves that failed without an error, such as `Number('80a')`. */
  #rejectUnconverted(value: unknown, path: readonly PathSegment[], what: string): void {
    if (!this.#input || Object.is(valueAt(this.#input, path), value)) return
    throw new TreeError(path, `is ${what}: let the schema reject what it can't convert`)
  }
}
