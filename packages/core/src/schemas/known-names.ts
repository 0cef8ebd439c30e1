import type { KeyPaths } from '../formats/parse.js'
import type { PathSegment } from '../trees/path.js'

/**
 * The names that a schema knows at one place of a configuration. The items of a list are at the place of the list.
 */
export interface KnownNames {
  readonly names: ReadonlyMap<string, KnownNames>
  /** Returns the names below a name that is not in `names`, or `undefined` for an unknown name. */
  other(name: string): KnownNames | undefined
}

/** Returns the names that are known below a path, or `undefined` when the path itself is unknown. */
export function namesAt(known: KnownNames, path: readonly PathSegment[]): KnownNames | undefined {
  let at: KnownNames | undefined = known
  for (const segment of path) if (typeof segment === 'string') at = at?.names.get(segment) ?? at?.other(segment)
  return at
}

/** The largest number of places that the search for names visits. A schema may contain itself, so it needs a limit. */
const MAX_PLACES = 10_000

/** Returns every name that a schema spells out anywhere. */
export function allNames(known: KnownNames): string[] {
  const names = new Set<string>()
  const places = [known]
  for (let visited = 0; visited < MAX_PLACES; visited++) {
    const place = places.shift()
    if (!place) break
    for (const [name, below] of place.names) {
      names.add(name)
      places.push(below)
    }
  }
  return Array.from(names)
}

/**
 * Whether a schema declares a value, not an object, at a path. A value of a record is declared. A name at the top level
 * that the schema merely accepts, without naming it, is not.
 */
export function declares(known: KnownNames, path: readonly string[]): boolean {
  let at = known
  for (const [index, segment] of path.entries()) {
    const named = at.names.get(segment)
    const below = named ?? at.other(segment)
    if (!below) return false
    if (!named && below === ANY_NAME) return index > 0 && index === path.length - 1
    at = below
  }
  return at.names.size === 0
}

/**
 * The paths of names such as `PORT` at the top level of a schema. Without them, the variable `PORT` would become
 * `port`.
 */
export function keyPathsOf({ names }: KnownNames): KeyPaths {
  return new Map(Array.from(names.keys(), (name): [string, string[][]] => [name, [[name]]]).filter(isForEnvironment))
}

function isForEnvironment([name]: readonly [string, unknown]): boolean {
  return /[A-Z]/.test(name) && !/[a-z]/.test(name)
}

/** The names of a place that accepts any name, or whose names the schema does not reveal. */
export const ANY_NAME: KnownNames = { names: new Map(), other: () => ANY_NAME }
