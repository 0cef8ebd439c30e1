import type { CoveredPaths, Place } from '../secrets/covered-paths.js'
import { Locations, keys } from './json-schema/locations.js'
import type { Location, SchemaNode } from './json-schema/locations.js'
import { placesBelow } from './json-schema/marked-paths.js'

/** The largest number of places to visit. */
const MAX_VISITS = 10_000

/** Keywords that hold values. */
const VALUES = new Set(['default', 'examples'])

/** Returns a JSON Schema without the defaults and the examples of what is secret. */
export function formWithoutSecrets<F extends object>(form: F, covered: CoveredPaths): F {
  const locations = new Locations(form)
  const secret = new Set<unknown>()
  const seen = new Set<string>()
  const keyOf = keys()
  const pending: [Location, Place][] = [[locations.root, covered.root]]
  for (let next = pending.pop(); next && seen.size < MAX_VISITS; next = pending.pop()) {
    const [location, place] = next
    // Definitions may contain themselves, or each other.
    const key = `${place.isCovered} ${keyOf([location, ...place.nodes])}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const node of location.nodes) {
      if (valuesOf(node).some((value) => holdsSecret(covered, place, value))) secret.add(node)
    }
    for (const [name, below] of placesBelow(locations, location)) pending.push([below, covered.below(place, name)])
  }
  const isUnfinished = seen.size >= MAX_VISITS
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
