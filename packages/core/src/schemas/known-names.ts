import type { KeyPaths } from '../formats/parse.js'
import type { PathSegment } from '../trees/path.js'

/**
 * The names that a schema knows at one place of a configuration. The items of a list are at the place of the list.
 */
export interface KnownNames {
  readonly names: ReadonlyMap<string, KnownNames>
  /** What is known below a name that is not in `names`. `undefined` for an unknown name. */
  other(name: string): KnownNames | undefined
}

/** The names that are known below a path. `undefined` where the path itself is unknown. */
export function namesAt(known: KnownNames, path: readonly PathSegment[]): KnownNames | undefined {
  let at: KnownNames | undefined = known
  for (const segment of path) if (typeof segment === 'string') at = at?.names.get(segment) ?? at?.other(segment)
  return at
}

/** How many places of a schema are visited for all of its names: a schema may contain itself. */
const MAX_PLACES = 10_000

/** Every name that a schema spells out anywhere. */
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
 * Whether a schema has a value at a path, and not an object. A value of a record counts, while a name at the top that the
 * schema does not spell out is just accepted.
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
 * The paths of names such as `PORT` that a schema has at the top. Without them, the variable `PORT` would become `port`.
 */
export function keyPathsOf({ names }: KnownNames): KeyPaths {
  return new Map(Array.from(names.keys(), (name): [string, string[][]] => [name, [[name]]]).filter(isForEnvironment))
}

function isForEnvironment([name]: readonly [string, unknown]): boolean {
  return /[A-Z]/.test(name) && !/[a-z]/.test(name)
}

/** For a place that accepts any name, or whose names can't be found out. */
export const ANY_NAME: KnownNames = { names: new Map(), other: () => ANY_NAME }
