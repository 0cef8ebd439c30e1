import { closest } from '../errors/closest.js'
import { pathOfFlatName } from '../trees/flat-name.js'
import type { PathSegment } from '../trees/path.js'
import { isPlainObject, isSettled } from '../trees/tree.js'
import { ANY_NAME } from './known-names.js'
import type { KnownNames } from './known-names.js'
import type { SchemaProblem } from './validator.js'

/**
 * Objects and lists without any unknown name, with the names that they were searched for. A part that an update does
 * not change is the same object, so it need not be searched again.
 */
const CLEAN = new WeakMap<object, KnownNames>()

/** Returns the names in a tree that a schema does not know. Names below an unknown name are left out. */
export function findUnknown(tree: unknown, known: KnownNames): SchemaProblem[] {
  const found: SchemaProblem[] = []
  search(tree, known, [], found)
  return found
}

function search(value: unknown, known: KnownNames, path: PathSegment[], found: SchemaProblem[]): void {
  const isList = Array.isArray(value)
  if (known === ANY_NAME || !(isList || isPlainObject(value)) || CLEAN.get(value) === known) return
  const before = found.length
  for (const segment of isList ? value.keys() : Object.keys(value)) {
    path.push(segment)
    const below = typeof segment === 'number' ? known : (known.names.get(segment) ?? known.other(segment))
    if (below) search((value as Record<PathSegment, unknown>)[segment], below, path, found)
    else found.push({ path: [...path], message: unknownName(segment as string, known), isUnknown: true })
    path.pop()
  }
  if (found.length === before && isSettled(value)) CLEAN.set(value, known)
}

/** The message about an unknown name. */
export function unknownName(name: string, known: KnownNames): string {
  return `is unknown to the schema${hintFor(name, known)}`
}

/** Whether a schema names each part of a path. */
function spells(path: readonly string[], known: KnownNames): boolean {
  let at: KnownNames | undefined = known
  for (const segment of path) at = at?.names.get(segment)
  return at !== undefined
}

/** The end of a message about an unknown name: the name that was probably meant, if one is similar. */
export function hintFor(name: string, known: KnownNames): string {
  const path = pathOfFlatName(name)
  if (path.length > 1 && spells(path, known)) {
    const nested = path.map((part) => `"${part}"`).toReversed()
    return `; a dot is part of the name here: write ${nested.join(' below ')}`
  }
  const meant = closest(name, Array.from(known.names.keys()))
  return meant === undefined ? '' : `; did you mean "${meant}"?`
}
