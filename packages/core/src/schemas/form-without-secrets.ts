import type { CoveredPaths, Place } from '../secrets/covered-paths.js'
import { Locations } from './json-schema/locations.js'
import type { Location, SchemaNode } from './json-schema/locations.js'

/** The limits of the walk. Definitions that refer to each other can make the number of places explode. */
const [MAX_VISITS, MAX_DEPTH] = [10_000, 32]

/** Keywords that hold values. */
const VALUES = new Set(['default', 'examples'])

/** Returns a JSON Schema without the defaults and the examples of what is secret. */
export function formWithoutSecrets<F extends object>(form: F, covered: CoveredPaths): F {
  const locations = new Locations(form)
  const secret = new Set<unknown>()
  let visits = 0
  const visit = (location: Location, place: Place, depth: number): void => {
    if (visits++ >= MAX_VISITS || depth > MAX_DEPTH) return
    for (const node of location.nodes)
      if (valuesOf(node).some((value) => holdsSecret(covered, place, value))) secret.add(node)
    for (const name of locations.namesAt(location)) {
      const below = locations.below(location, name)
      if (below) visit(below, covered.below(place, name), depth + 1)
    }
    const others = locations.belowOthers(location)
    if (others.nodes.length > 0) visit(others, covered.below(place, '*'), depth + 1)
  }
  visit(locations.root, covered.root, 0)
  const isUnfinished = visits >= MAX_VISITS
  return copyOf(form, (node) => isUnfinished || secret.has(node)) as F
}

function valuesOf(node: SchemaNode): unknown[] {
  return Object.entries(node).flatMap(([keyword, value]) => (VALUES.has(keyword) ? [value] : []))
}

/** Whether the place is secret, or something in the value. The items of a list are at its place. */
function holdsSecret(covered: CoveredPaths, place: Place, value: unknown): boolean {
  if (place.isCovered) return true
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some((item) => holdsSecret(covered, place, item))
  return Object.entries(value).some(([key, below]) => holdsSecret(covered, covered.below(place, key), below))
}

function copyOf(value: unknown, isSecret: (node: object) => boolean): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => copyOf(item, isSecret))
  const kept = Object.entries(value).filter(([key]) => !VALUES.has(key) || !isSecret(value))
  return Object.fromEntries(kept.map(([key, below]) => [key, copyOf(below, isSecret)]))
}
