import { ANY_NAME } from '../known-names.js'
import type { KnownNames } from '../known-names.js'
import type { Location, Locations } from './locations.js'

/**
 * The names that a JSON Schema knows: those in `properties`, and others where `patternProperties` or
 * `additionalProperties` allow them. Validation accepts all others where the schema is silent, but they are unknown.
 */
export function namesOfJsonSchema(locations: Locations, location: Location = locations.root): KnownNames {
  if (location.isOpen) return ANY_NAME
  const at = (below: Location | undefined): KnownNames | undefined => below && namesOfJsonSchema(locations, below)
  const entryOf = (name: string): [string, KnownNames] => [name, at(locations.below(location, name)) ?? ANY_NAME]
  let names: ReadonlyMap<string, KnownNames> | undefined
  return {
    // Lazy, because a schema may contain itself.
    get names() {
      return (names ??= new Map(locations.namesAt(location).map(entryOf)))
    },
    other: (name) => at(locations.below(location, name)),
  }
}
