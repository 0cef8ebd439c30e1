import { atOnce } from '../../async/slices.js'
import { mutableCopy } from '../../trees/copy.js'
import { keyPathsOf } from '../known-names.js'
import type { FluentSchema, JsonSchema } from './types.js'
import type { Validator } from '../validator.js'
import { compile } from './ajv.js'
import { Checks } from './branches.js'
import { plainSchema } from './is-json-schema.js'
import { Locations } from './locations.js'
import { namesOfJsonSchema } from './names.js'
import { problemsOf } from './problems.js'
import { notesOnEffects } from './without-effect.js'
import { readTexts } from './read-texts.js'
import { markedPaths } from './marked-paths.js'

/** Validates by a JSON Schema, also one of TypeBox or fluent-json-schema. */
export async function jsonSchemaValidator(given: JsonSchema | FluentSchema): Promise<Validator> {
  const schema = plainSchema(given)
  const { check, branchesOf, notes } = await compile(schema)
  const locations = new Locations(schema)
  const known = namesOfJsonSchema(locations)
  return {
    keyPaths: keyPathsOf(known),
    ...markedPaths(locations),
    known,
    isUnordered: true,
    notes: [...notes, ...notesOnEffects(schema)],
    validate(tree) {
      const { value, errors } = readTexts(new Checks(branchesOf), check, atOnce(mutableCopy(tree)), tree)
      return errors.length > 0 ? { problems: problemsOf(errors, value, known) } : { value }
    },
  }
}
