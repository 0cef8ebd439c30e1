import { CoveredPaths } from '../secrets/covered-paths.js'
import { Locations } from './json-schema/locations.js'
import { markedPaths } from './json-schema/marked-paths.js'
import type { Schema } from './schema.js'
import { readStandard } from './standard-form.js'
import type { StandardSchema } from './standard-schema.js'

/**
 * Returns the paths that are secret by the marks of a schema and by their names.
 *
 * @param form the schema as a JSON Schema
 */
export function coveredBySchema(schema: Schema, form: object): CoveredPaths {
  const isStandard = '~standard' in schema
  const { sensitive, open = [] } = isStandard
    ? readStandard(schema as StandardSchema)
    : markedPaths(new Locations(form))
  const covered = new CoveredPaths(sensitive)
  covered.open(open)
  return covered
}
