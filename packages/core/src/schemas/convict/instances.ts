import { valueAt } from '../../trees/path.js'
import type { PathSegment } from '../../trees/path.js'
import { isBranch, isInstance } from '../../trees/tree.js'
import type { Tree } from '../../trees/tree.js'
import { overrideOf } from './entries.js'
import type { Entry } from './entries.js'

/** An instance of a class, such as a date, in the value of an entry. */
interface Held {
  readonly entry: Entry
  readonly path: readonly PathSegment[]
  readonly instance: object
}

/**
 * The instances in the values of entries. convict would take one for a section: a date over the default would change
 * nothing. And it would copy the instances of other classes without their private state.
 */
export class Instances {
  readonly #held: readonly Held[]

  constructor(entries: readonly Entry[], tree: Tree) {
    this.#held = entries.flatMap((entry) => {
      const value = valueAt(tree, entry.segments)
      return isBranch(value) && !overrideOf(entry) ? [...heldIn(entry, value, entry.segments)] : []
    })
  }

  /** Those that are the whole value of their entry. */
  whole(): { readonly entry: Entry; readonly value: unknown }[] {
    return this.#held
      .filter(({ entry, path }) => path.length === entry.segments.length)
      .map(({ entry, instance }) => ({ entry, value: instance }))
  }

  /** Puts them in place of convict's copies. Mutates the properties. */
  putInto(properties: unknown): void {
    for (const { path, instance } of this.#held) {
      const parent = valueAt(properties, path.slice(0, -1))
      if (isBranch(parent)) (parent as Record<PathSegment, unknown>)[path.at(-1) as PathSegment] = instance
    }
  }
}

function* heldIn(entry: Entry, value: object, path: readonly PathSegment[]): Generator<Held> {
  if (isInstance(value)) {
    yield { entry, path, instance: value }
    return
  }
  for (const [segment, below] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    if (isBranch(below)) yield* heldIn(entry, below, [...path, segment])
  }
}
