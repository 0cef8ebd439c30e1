import type { KnownNames } from './known-names.js'
import { Locations } from './json-schema/locations.js'
import { namesOfJsonSchema } from './json-schema/names.js'
import { isPlainObject } from '../trees/tree.js'
import type { StandardSchema } from './standard-schema.js'
import { formOfValibot } from './valibot.js'
import { JSON_FORM_OPTIONS } from './zod.js'

/** The names that a Standard Schema knows. `undefined` where its library has no JSON form of it. */
export function namesOfStandard(schema: StandardSchema): KnownNames | undefined {
  const form = jsonFormOf(schema)
  return isPlainObject(form) ? namesOfJsonSchema(new Locations(form)) : undefined
}

/** Its input as a JSON Schema. See https://standardschema.dev/json-schema */
function jsonFormOf(schema: StandardSchema): unknown {
  const { vendor, jsonSchema } = schema['~standard']
  if (vendor === 'valibot') return formOfValibot(schema as object)
  try {
    return jsonSchema?.input({ target: 'draft-2020-12', libraryOptions: JSON_FORM_OPTIONS })
  } catch {
    return undefined
  }
}
