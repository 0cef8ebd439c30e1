import { OptionError, messageOf } from '../../errors/errors.js'
import type { JsonSchema } from './types.js'

/** The part of ajv that is used here. */
interface Ajv {
  readonly formats: Readonly<Record<string, unknown>>
  addKeyword(definition: object): unknown
  compile(schema: object): Check
}

type AjvClass = new (options: object) => Ajv

/** Validates a value and fills defaults in. */
export interface Check {
  (value: unknown): boolean
  readonly errors?: readonly AjvError[] | null
}

export interface AjvError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
  readonly propertyName?: string
}

/** A JSON Schema made ready, and what of it can't be checked. */
export interface Compiled {
  readonly check: Check
  readonly notes: readonly string[]
}

/** @throws {OptionError} for a schema that is not valid, and when ajv is not installed */
export async function compile({ $schema: dialect, ...schema }: JsonSchema): Promise<Compiled> {
  if (dialect !== undefined && /draft-0[1-5]\//.test(dialect)) {
    throw new OptionError(`schema: ${dialect} is not supported: expected draft-06, draft-07, 2019-09 or 2020-12`)
  }
  if ('$async' in schema) throw new OptionError('schema: a JSON Schema with $async is not supported')
  const AjvOfDraft = await load(() => importAjv(dialect, schema))
  // not strict: keywords that ajv does not know, as those of OpenAPI, are legal
  const ajv = new AjvOfDraft({ allErrors: true, useDefaults: true, strict: false, logger: false })
  const splits: Split[] = []
  ajv.addKeyword(separator(splits))
  const hasFormats = await addFormats(ajv)
  const unchecked = [...formatsIn(schema)].filter((format) => !(format in ajv.formats))
  try {
    const check = withSplits(ajv.compile(schema), splits)
    return { check, notes: unchecked.length > 0 ? [noteOf(unchecked, hasFormats)] : [] }
  } catch (error) {
    throw new OptionError(`schema: the JSON Schema is not valid: ${messageOf(error)}`, { cause: error })
  }
}

async function importAjv(dialect: string | undefined, schema: object): Promise<{ default: unknown }> {
  if (dialect?.includes('draft-0')) return import('ajv')
  // 2019-09 validates what is written for draft-07 as well
  const isNewest = dialect?.includes('2020-12') ?? /"(?:prefixItems|\$dynamicRef)":/.test(JSON.stringify(schema))
  return isNewest ? import('ajv/dist/2020.js') : import('ajv/dist/2019.js')
}

async function load(ajv: () => Promise<{ default: unknown }>): Promise<AjvClass> {
  try {
    return (await ajv()).default as AjvClass
  } catch (error) {
    throw new OptionError('schema: it is a JSON Schema, but ajv is not installed: npm install ajv ajv-formats', {
      cause: error,
    })
  }
}

/** @returns whether they could be loaded */
async function addFormats(ajv: Ajv): Promise<boolean> {
  try {
    const add = (await import('ajv-formats')).default as unknown as (ajv: Ajv) => void
    add(ajv)
    return true
  } catch {
    return false
  }
}

function noteOf(unchecked: readonly string[], hasFormats: boolean): string {
  const reason = hasFormats ? 'ajv-formats does not know it' : 'npm install ajv-formats'
  return `the schema's format ${unchecked.map((format) => `"${format}"`).join(', ')} is not checked: ${reason}`
}

/** Values of keywords that are no schemas. */
const DATA = new Set(['default', 'const', 'enum', 'examples'])

/** Every `format` in a schema, but for `password`, which says nothing of the value. */
function formatsIn(schema: unknown, found: Set<string> = new Set(), seen: Set<unknown> = new Set()): Set<string> {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return found
  seen.add(schema)
  for (const [keyword, below] of Object.entries(schema)) {
    if (keyword === 'format' && typeof below === 'string' && below !== 'password') found.add(below)
    if (!DATA.has(keyword)) formatsIn(below, found, seen)
  }
  return found
}

interface Split {
  readonly parent: Record<string, unknown>
  readonly name: string
  readonly items: readonly string[]
}

/** The keyword of @fastify/env: a text that becomes a list once it was validated. */
function separator(splits: Split[]): object {
  return {
    keyword: 'separator',
    type: 'string',
    metaSchema: { type: 'string' },
    compile: (mark: string) => (text: string, place: { parentData: Split['parent']; parentDataProperty: string }) => {
      splits.push({ parent: place.parentData, name: place.parentDataProperty, items: text === '' ? [] : text.split(mark) })
      return true
    },
  }
}

function withSplits(validate: Check, splits: Split[]): Check {
  const check: Check = (value) => {
    splits.length = 0
    const isValid = validate(value)
    if (isValid) for (const { parent, name, items } of splits) parent[name] = items
    return isValid
  }
  return Object.defineProperty(check, 'errors', { get: () => validate.errors })
}
