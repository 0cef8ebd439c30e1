import { messageOf } from '../errors/errors.js'
import { isPlainObject } from '../trees/tree.js'
import { Locations } from './json-schema/locations.js'
import { markedPaths } from './json-schema/marked-paths.js'
import { namesOfJsonSchema } from './json-schema/names.js'
import type { StandardSchema } from './standard-schema.js'
import type { Validator } from './validator.js'
import type { Form, Guess } from './form-of.js'
import { formOfValibot } from './valibot.js'
import { inputFormOptions } from './zod.js'
import { formOfZod3, isZod3 } from './zod-3.js'
import { formOfZodMini, wholeFormOfZod } from './zod-mini.js'

/**
 * Reads the names and the marks for secrets of a Standard Schema from its JSON form. A library without a JSON form
 * provides none.
 *
 * The input, the output and what is between them can have marks: `z.string().transform(...).meta({ sensitive: true })`
 * marks the output. A path is the same in both, unless the schema moves values.
 */
export function readStandard(schema: StandardSchema): Pick<Validator, 'known' | 'sensitive' | 'open' | 'notes'> {
  const notes: string[] = []
  const locations = formsOf(schema, (note) => notes.push(note)).map(
    (form) => isPlainObject(form) && new Locations(form),
  )
  const [input] = locations
  const marks = locations.filter((each) => each instanceof Locations).map(markedPaths)
  return {
    known: input ? namesOfJsonSchema(input) : undefined,
    sensitive: marks.flatMap(({ sensitive }) => sensitive),
    open: marks.flatMap(({ open }) => open),
    notes,
  }
}

/** The input of a schema and what else has marks, as JSON Schemas. See https://standardschema.dev/json-schema */
function formsOf(schema: StandardSchema, note: (text: string) => void): unknown[] {
  const { vendor, jsonSchema } = schema['~standard']
  // Its whole form has the marks of the output as well.
  const isZod4 = vendor === 'zod' && '_zod' in schema
  const guesses: Guess[] = []
  const forms: Form[] = []
  const target = 'draft-2020-12'
  if (vendor === 'valibot') {
    forms.push(formOfValibot(schema as object, false), formOfValibot(schema as object, true, guesses))
  } else if (jsonSchema) {
    forms.push(attempt(() => jsonSchema.input({ target, libraryOptions: { ...inputFormOptions() } })))
    if (!isZod4) forms.push(attempt(() => jsonSchema.output({ target })))
  } else if (vendor === 'zod') {
    forms.push(isZod3(schema) ? attempt(() => formOfZod3(schema as object, guesses)) : formOfZodMini(schema as object))
  }
  if (isZod4) forms.push(wholeFormOfZod(schema as object, guesses))
  const failed = forms.find(({ fault }) => fault !== undefined)
  if (failed) note(`not all of the schema can be read, so name its secrets in redact: ${messageOf(failed.fault)}`)
  for (const guessed of new Set(guesses.map(({ call }) => call))) {
    const paths = guesses.filter(({ call }) => call === guessed).map(({ path }) => path)
    const places = Array.from(new Set(paths)).sort().join(', ')
    note(`${guessed} makes "off" and "false" true: write ${booleanOf(vendor, isZod4)} for text, at ${places}`)
  }
  return forms.map(({ form }) => form)
}

/** What reads a boolean of a text exactly. */
function booleanOf(vendor: string | undefined, isZod4: boolean): string {
  if (vendor === 'valibot') return 'v.parseBoolean()'
  return isZod4 ? 'z.stringbool()' : "z.enum(['true', 'false']).transform((text) => text === 'true')"
}

function attempt(read: () => unknown): Form {
  try {
    return { form: read() }
  } catch (fault) {
    return { fault }
  }
}
