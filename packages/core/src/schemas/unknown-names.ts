import { Steps } from '../async/slices.js'
import type { Walk } from '../async/slices.js'
import { closest } from '../errors/closest.js'
import { pathOfFlatName } from '../trees/flat-name.js'
import { valuesOf } from '../trees/build-object.js'
import type { PathSegment } from '../trees/path.js'
import { isBranch, isInstance, isSettled } from '../trees/tree.js'
import type { Tree } from '../trees/tree.js'
import { ANY_NAME } from './known-names.js'
import type { KnownNames } from './known-names.js'
import type { SchemaProblem } from './validator.js'

/**
 * Objects and lists without any unknown name, with the names that they were searched for. A part that an update does
 * not change is the same object, so it need not be searched again.
 */
const CLEAN = new WeakMap<object, KnownNames>()

/** To compare two names takes as long as to visit this number of values. */
const VALUES_PER_COMPARISON = 32

/** The largest number of names that are compared, which takes about a second. Further unknown names have no suggestion. */
const MAX_COMPARISONS = 100_000

/** Returns the names in a tree that a schema does not know. Names below an unknown name are left out. */
export function* findUnknown(tree: unknown, known: KnownNames): Walk<SchemaProblem[]> {
  const found: SchemaProblem[] = []
  if (isBranch(tree) && hasToBeSearched(tree, known)) yield* search(tree, known, [], found, new Steps())
  return found
}

function hasToBeSearched(value: object, known: KnownNames): boolean {
  return known !== ANY_NAME && CLEAN.get(value) !== known && !isInstance(value)
}

function* search(
  branch: object,
  known: KnownNames,
  path: PathSegment[],
  found: SchemaProblem[],
  steps: Steps,
): Walk<void> {
  const before = found.length
  const names = Array.isArray(branch) ? undefined : Object.keys(branch)
  const values: readonly unknown[] = names ? valuesOf(branch as Tree, names) : (branch as unknown[])
  for (let index = 0; index < values.length; index++) {
    const segment = names?.[index] ?? index
    const value = values[index]
    const below = typeof segment === 'number' ? known : (known.names.get(segment) ?? known.other(segment))
    let cost = 1
    if (!below) {
      const isSearched = found.length * known.names.size < MAX_COMPARISONS
      if (isSearched) cost = VALUES_PER_COMPARISON * known.names.size
      const message = isSearched ? unknownName(segment as string, known) : UNKNOWN
      found.push({ path: [...path, segment], message, isUnknown: true })
    } else if (isBranch(value) && hasToBeSearched(value, below)) {
      path.push(segment)
      yield* search(value, below, path, found, steps)
      path.pop()
    }
    if (steps.isPauseDue(cost)) yield
  }
  if (found.length === before && isSettled(branch)) CLEAN.set(branch, known)
}

const UNKNOWN = 'is unknown to the schema'

/** The message about an unknown name. */
export function unknownName(name: string, known: KnownNames): string {
  return `${UNKNOWN}${hintFor(name, known)}`
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
