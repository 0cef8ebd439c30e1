import { OptionError, messageOf } from '../../errors/errors.js'
import { importError } from '../import-error.js'
import type { Ajv, Check } from './ajv-types.js'
import { branchesIn } from './branches.js'
import type { Branches } from './branches.js'
import type { JsonSchema } from './types.js'

type AjvClass = new (options: object) => Ajv

/** A compiled JSON Schema, with notes about the parts that can't be checked. */
export interface Compiled {
  readonly check: Check
  readonly branchesOf: Branches
  readonly notes: readonly string[]
}

const DRAFT = /^https?:\/\/json-schema\.org\/(draft-0[67]|draft\/2019-09|draft\/2020-12)\/schema#?$/

/** @throws {OptionError} for a schema that is not valid, and when ajv can't be imported or compile to code */
export async function compile({ $schema: dialect, ...schema }: JsonSchema): Promise<Compiled> {
  const draft = dialect === undefined ? undefined : DRAFT.exec(dialect)?.[1]
  if (dialect !== undefined && draft === undefined) {
    throw new OptionError(
      `schema: $schema ${dialect} is not supported: expected draft-06, draft-07, 2019-09 or 2020-12`,
    )
  }
  if ('$async' in schema) throw new OptionError('schema: a JSON Schema with $async is not supported')
  const keywords = [...keywordsIn(schema)]
  const AjvOfDraft = await loadAjv(draft, keywords)
  // Not strict, because keywords that ajv does not know are legal, such as those of OpenAPI.
  const options = { allErrors: true, strict: false, logger: false, verbose: true }
  const addFormats = await loadFormats()
  try {
    const ajv = new AjvOfDraft({ ...options, useDefaults: true })
    const splits: Split[] = []
    ajv.addKeyword(separator(splits))
    addFormats?.(ajv)
    const unchecked = [...formatsIn(keywords)].filter((format) => !(format in ajv.formats))
    const check = withSplits(ajv.compile(schema), splits)
    const branchesOf = branchesIn(schema, () => {
      // A branch adds no defaults, and splits no text.
      const forBranches = new AjvOfDraft({ ...options, validateSchema: false })
      forBranches.addKeyword({ keyword: SEPARATOR })
      addFormats?.(forBranches)
      return forBranches
    })
    return { check, branchesOf, notes: unchecked.length > 0 ? [noteOf(unchecked, addFormats !== undefined)] : [] }
  } catch (error) {
    const reason = error instanceof EvalError ? NO_CODE : `the JSON Schema is not valid: ${messageOf(error)}`
    throw new OptionError(`schema: ${reason}`, { cause: error })
  }
}

const NO_CODE =
  'ajv compiles a JSON Schema to code, which --disallow-code-generation-from-strings forbids in this process: ' +
  'start it without the option, or use a schema of zod, valibot, arktype or convict'

async function loadAjv(draft: string | undefined, keywords: Keywords): Promise<AjvClass> {
  // The default is 2019-09, whose validator also supports schemas for draft-07.
  const isNewest = draft
    ? draft === 'draft/2020-12'
    : keywords.some(([keyword]) => keyword === 'prefixItems' || keyword === '$dynamicRef')
  // The imports are inside `try`, so that bundlers accept that ajv is not installed.
  try {
    if (draft === 'draft-06' || draft === 'draft-07') return (await import('ajv')).default as unknown as AjvClass
    const ajv = isNewest ? await import('ajv/dist/2020.js') : await import('ajv/dist/2019.js')
    return ajv.default as unknown as AjvClass
  } catch (error) {
    throw importError('JSON Schema', 'ajv', 'ajv ajv-formats', error)
  }
}

/** Returns the function of ajv-formats, if it is installed. */
async function loadFormats(): Promise<((ajv: Ajv) => void) | undefined> {
  try {
    return (await import('ajv-formats')).default as unknown as (ajv: Ajv) => void
  } catch {
    return undefined
  }
}

function noteOf(unchecked: readonly string[], hasFormats: boolean): string {
  const reason = hasFormats ? 'ajv-formats does not know them' : 'npm install ajv-formats'
  return `formats in the schema that are not checked: ${unchecked.join(', ')} (${reason})`
}

type Keywords = readonly (readonly [string, unknown])[]

/** Keywords whose values are data, not schemas. */
const DATA = new Set(['default', 'const', 'enum', 'examples'])

/** Yields every keyword in a schema, with its value. */
function* keywordsIn(schema: unknown, seen: Set<unknown> = new Set()): Generator<readonly [string, unknown]> {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return
  seen.add(schema)
  for (const keyword of Object.entries(schema)) {
    yield keyword
    if (!DATA.has(keyword[0])) yield* keywordsIn(keyword[1], seen)
  }
}

/** The formats to check. `password` is not one of them: it only marks secrets. */
function formatsIn(keywords: Keywords): Set<string> {
  const formats = keywords.flatMap(([keyword, value]) =>
    keyword === 'format' && typeof value === 'string' ? [value] : [],
  )
  return new Set(formats.filter((format) => format !== 'password'))
}

interface Split {
  readonly parent: Record<string, unknown>
  readonly name: string
  readonly items: readonly string[]
}

const SEPARATOR = 'separator'

/** The keyword `separator` of @fastify/env, which splits a text into a list after validation. */
function separator(splits: Split[]): object {
  return {
    keyword: SEPARATOR,
    type: 'string',
    metaSchema: { type: 'string' },
    compile: (mark: string) => (text: string, place: { parentData: Split['parent']; parentDataProperty: string }) => {
      splits.push({
        parent: place.parentData,
        name: place.parentDataProperty,
        items: text === '' ? [] : text.split(mark),
      })
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
