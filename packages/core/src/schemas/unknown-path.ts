import { closest } from '../errors/closest.js'
import { ownAt } from '../trees/path.js'
import { isBranch } from '../trees/tree.js'
import type { KnownNames } from './known-names.js'

/** A place in a schema, and the value there. */
interface Place {
  readonly known: KnownNames | undefined
  readonly value: unknown
}

/** The largest number of places that one `**` stands for. A schema may contain itself, so it needs a limit. */
const MAX_PLACES = 10_000

const INDEX = /^\d+$/

/** A path that leads nowhere. */
export interface UnknownPath {
  /** The path that was probably meant, if one is similar. */
  readonly meant: readonly string[] | undefined
}

/**
 * Follows a path of the program through the names of a schema and through values.
 *
 * @param path may contain `*` for one name and `**` for any number of names
 * @param values that the schema returned, and that it was given
 * @returns `undefined` when the path leads somewhere
 */
export function findUnknownPath(
  path: readonly string[],
  known: KnownNames | undefined,
  values: readonly unknown[],
): UnknownPath | undefined {
  let places: Place[] = values.map((value) => ({ known, value }))
  for (const [index, segment] of path.entries()) {
    const next = places.flatMap((place) => follow(place, segment))
    if (next.length > 0) {
      places = next
      continue
    }
    const name = closest(segment, places.flatMap(namesOf))
    if (name === undefined) return { meant: undefined }
    const upTo = [...path.slice(0, index), name]
    const whole = [...upTo, ...path.slice(index + 1)]
    return { meant: findUnknownPath(whole, known, values) ? upTo : whole }
  }
  return undefined
}

function follow(place: Place, segment: string): Place[] {
  if (segment === '**') return everythingAt(place)
  // The items of a list are at the place of the list.
  if (segment === '*') {
    const items = place.known && !isLeaf(place) ? [{ ...place, value: undefined }] : []
    return [...items, ...childrenOf(place)]
  }
  const known = knownBelow(place, segment)
  // A key may have no value, and is there nevertheless.
  const isThere = isBranch(place.value) && Object.hasOwn(place.value, segment)
  return known || isThere ? [{ known, value: ownAt(place.value, segment) }] : []
}

/** Many schemas do not reveal whether a place holds an object. The value does. */
function isLeaf({ known, value }: Place): boolean {
  const isSingle = value !== undefined && value !== null && !isBranch(value)
  return isSingle && known?.names.size === 0
}

function knownBelow(place: Place, segment: string): KnownNames | undefined {
  const { known } = place
  if (!known || isLeaf(place)) return undefined
  return known.names.get(segment) ?? known.other(segment) ?? (INDEX.test(segment) ? known : undefined)
}

function childrenOf(place: Place): Place[] {
  return namesOf(place).flatMap((name) => follow(place, name))
}

function everythingAt(place: Place): Place[] {
  const all = [place]
  const seen = new Set<unknown>()
  for (const at of all) {
    for (const child of childrenOf(at)) {
      if (all.length >= MAX_PLACES) return all
      // A schema may contain itself. Where there is a value, it ends.
      if (child.value === undefined && seen.has(child.known)) continue
      seen.add(child.known)
      all.push(child)
    }
  }
  return all
}

function namesOf({ known, value }: Place): string[] {
  return [...new Set([...(known?.names.keys() ?? []), ...(isBranch(value) ? Object.keys(value) : [])])]
}
