import { ANY_NAME } from '../known-names.js'
import type { KnownNames } from '../known-names.js'
import type { Location, Locations } from './locations.js'

/**
 * The names that a JSON Schema knows: those in `properties`, and others where `patternProperties` or
 * `additionalProperties` allow them. Validation accepts all others where the schema is silent, but they are unknown.
 */
export function namesOfJsonSchema(locations: Locations): KnownNames {
  // Thousands of members of a record are at one location.
  const known = new Map<Location, KnownNames>()
  const at = (location: Location): KnownNames => {
    if (location.isOpen) return ANY_NAME
    const names = known.get(location) ?? namesOf(location)
    known.set(location, names)
    return names
  }
  const below = (location: Location, name: string): KnownNames | undefined => {
    const found = locations.below(location, name)
    return found && at(found)
  }
  const entriesOf = (location: Location): [string, KnownNames][] =>
    locations.namesAt(location).map((name) => [name, below(location, name) ?? ANY_NAME])
  const namesOf = (location: Location): KnownNames => {
    let names: ReadonlyMap<string, KnownNames> | undefined
    return {
      // Lazy, because a schema may contain itself.
      get names() {
        return (names ??= new Map(entriesOf(location)))
      },
      other: (name) => below(location, name),
    }
  }
  return at(locations.root)
}
