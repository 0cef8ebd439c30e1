import type { KnownNames } from './known-names.js'
import { Locations } from './json-schema/locations.js'
import { namesOfJsonSchema } from './json-schema/names.js'
import { isPlainObject } from '../trees/tree.js'
import type { StandardSchema } from './standard-schema.js'
import { formOfValibot } from './valibot.js'

/** The names that a schema of a library knows. Nothing where the library can't say: it has no JSON form, or can't make it. */
export function namesOfStandard(schema: StandardSchema): KnownNames | undefined {
  const form = jsonFormOf(schema)
  return isPlainObject(form) ? namesOfJsonSchema(new Locations(form)) : undefined
}

interface ZodPlace {
  readonly zodSchema: {
    readonly _zod: { readonly def: { readonly in?: { readonly _zod: { readonly def: { readonly type: string } } } } }
  }
  readonly jsonSchema: Record<string, unknown>
}

const ZOD_OPTIONS = {
  // it gives up on what JSON has no type for, such as a date, unless it is told not to
  unrepresentable: 'any',
  // it describes what a preprocessing returns, not what it accepts
  override({ zodSchema, jsonSchema }: ZodPlace): void {
    if (zodSchema._zod.def.in?._zod.def.type !== 'transform') return
    for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword]
  },
}

/** What it accepts as a JSON Schema. See https://standardschema.dev/json-schema */
function jsonFormOf(schema: StandardSchema): unknown {
  const { vendor, jsonSchema } = schema['~standard']
  if (vendor === 'valibot') return formOfValibot(schema as object)
  try {
    return jsonSchema?.input({ target: 'draft-2020-12', libraryOptions: ZOD_OPTIONS })
  } catch {
    return undefined
  }
}
