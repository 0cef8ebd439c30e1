import { formatPath } from '../../trees/path.js'
import { keys } from './locations.js'
import type { Location, Locations, SchemaNode } from './locations.js'

/** The largest number of places to visit. Definitions that refer to each other can make the number of paths explode. */
const MAX_VISITS = 10_000

/** The paths that a JSON Schema marks. */
export interface MarkedPaths {
  /** Secrets, which must never be shown: `writeOnly`, `format: password`, `sensitive`, `x-sensitive`. */
  readonly sensitive: readonly string[]
  /** Not secret, although their names may sound like it: `sensitive: false`, `x-sensitive: false`. */
  readonly open: readonly string[]
}

export function markedPaths(locations: Locations): MarkedPaths {
  // Secret keys: hiding their values would not be enough, so the whole object is hidden.
  const isSecret: IsMarked = (location) =>
    location.nodes.some(isSensitive) || locations.ofNames(location).nodes.some(isSensitive)
  return { sensitive: pathsOf(locations, isSecret), open: pathsOf(locations, ({ nodes }) => nodes.some(isOpen)) }
}

type Path = readonly string[]
type IsMarked = (location: Location) => boolean

function pathsOf(locations: Locations, isMarked: IsMarked): string[] {
  const paths = exactPaths(locations, isMarked) ?? pathsByName(locations, isMarked)
  return Array.from(new Set(paths.map(formatPath)))
}

function exactPaths(locations: Locations, isMarked: IsMarked): Path[] | undefined {
  const keyOf = keys()
  const found: Path[] = []
  /** The places that occur again below themselves, each with its path and the path of its first occurrence. */
  const again: { readonly path: Path; readonly first: Path }[] = []
  let visits = 0
  const visit = (location: Location, path: Path, above: ReadonlyMap<string, Path>): void => {
    visits++
    const key = keyOf(location.nodes)
    const first = above.get(key)
    if (isMarked(location)) found.push(path)
    if (first) again.push({ path, first })
    else if (visits < MAX_VISITS) {
      const inside = new Map([...above, [key, path]])
      const start = location.isList ? [...path, '**'] : path
      for (const [name, below] of placesBelow(locations, location)) visit(below, [...start, name], inside)
    }
  }
  visit(locations.root, [], new Map())
  if (visits >= MAX_VISITS) return undefined
  const repeated = again.flatMap(({ path, first }) =>
    found
      .filter((each) => first.every((segment, index) => segment === each[index]))
      .map((each) => [...path, '**', ...each.slice(first.length)]),
  )
  return [...found, ...repeated]
}

/** Returns the marked names as patterns for any depth, when there are too many places for exact paths. */
function pathsByName(locations: Locations, isMarked: IsMarked): Path[] {
  const keyOf = keys()
  const seen = new Set<string>()
  const names = new Set<string>()
  const visit = (location: Location): void => {
    if (seen.has(keyOf(location.nodes))) return
    seen.add(keyOf(location.nodes))
    for (const [name, below] of placesBelow(locations, location)) {
      if (isMarked(below)) names.add(name)
      visit(below)
    }
  }
  visit(locations.root)
  return Array.from(names, (name) => ['**', name])
}

/** Returns the places below a place by their names; `*` is any other name. */
export function placesBelow(locations: Locations, location: Location): [string, Location][] {
  const named = locations.namesAt(location).flatMap((name): [string, Location][] => {
    const below = locations.below(location, name)
    return below ? [[name, below]] : []
  })
  const others = locations.belowOthers(location)
  return others.nodes.length > 0 ? [...named, ['*', others]] : named
}

const MARKS = new Set(['writeOnly', 'format', 'sensitive', 'x-sensitive'])

/** Returns only the marks of what a program says of a schema. */
export function marksIn(metadata: object): object {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => MARKS.has(name)))
}

function isSensitive(node: SchemaNode): boolean {
  return (
    node['writeOnly'] === true ||
    node['format'] === 'password' ||
    node['sensitive'] === true ||
    node['x-sensitive'] === true
  )
}

function isOpen(node: SchemaNode): boolean {
  return node['sensitive'] === false || node['x-sensitive'] === false
}
