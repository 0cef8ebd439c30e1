import { closest } from '../errors/closest.js'
import { isPlainObject } from '../trees/tree.js'
import { ANY_NAME } from './known-names.js'
import type { KnownNames } from './known-names.js'
import type { SchemaProblem } from './validator.js'

/** The names in a tree that a schema does not know, without those below them. */
export function findUnknown(tree: unknown, known: KnownNames): SchemaProblem[] {
  return [...unknownIn(tree, known, [])]
}

function* unknownIn(value: unknown, known: KnownNames, path: readonly (string | number)[]): Generator<SchemaProblem> {
  if (known === ANY_NAME) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unknownIn(item, known, [...path, index])
  } else if (isPlainObject(value)) {
    for (const name of Object.keys(value)) {
      const below = known.names.get(name) ?? known.other(name)
      if (below) yield* unknownIn(value[name], below, [...path, name])
      else yield { path: [...path, name], message: unknownName(name, known) }
    }
  }
}

/** What is said of an unknown name. */
export function unknownName(name: string, known: KnownNames): string {
  return `is unknown to the schema${hintFor(name, known)}`
}

/** The name that was probably meant. */
export function hintFor(name: string, known: KnownNames): string {
  const meant = closest(name, Array.from(known.names.keys()))
  return meant === undefined ? '' : `; did you mean "${meant}"?`
}
