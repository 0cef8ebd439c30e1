import { readBoolean, readList, readNumber, readObject, readWholeNumber } from '../exact-text.js'
import type { Exact, ExactReader } from '../exact-text.js'
import { valueAt } from '../../trees/path.js'
import type { AjvError } from './ajv.js'
import { segmentsOf } from './pointer.js'

/** The readers, in the order in which they are tried when a schema allows several types. */
const READERS: ReadonlyMap<unknown, ExactReader> = new Map([
  ['boolean', readBoolean],
  ['integer', readWholeNumber],
  ['number', readNumber],
  ['object', readObject],
  ['array', readList],
])

/**
 * Replaces texts that have the wrong type by the values that they spell, because flat sources hold only text. Unlike
 * ajv's `coerceTypes`, it never guesses. Numbers and booleans become texts only when they are defaults of the schema,
 * such as `{ type: 'string', default: 3000 }`.
 *
 * @returns whether anything was replaced
 */
export function readTexts(value: unknown, errors: readonly AjvError[], tree: unknown): boolean {
  let hasRead = false
  for (const error of errors) {
    const path = segmentsOf(error.instancePath)
    const given = valueAt(value, path)
    if (path.length === 0) continue
    const isDefault = error.parentSchema?.['default'] === given && valueAt(tree, path) === undefined
    const exact = typeof given === 'string' ? readAs(error, given) : isDefault ? textOf(error, given) : undefined
    if (!exact || 'fault' in exact) continue
    const parent = valueAt(value, path.slice(0, -1)) as Record<string, unknown>
    parent[path.at(-1) as string] = exact.value
    hasRead = true
  }
  return hasRead
}

/** A default as the text that is expected. */
function textOf({ keyword, params }: AjvError, value: unknown): Exact | undefined {
  const isText = keyword === 'type' && [params['type']].flat().includes('string')
  return isText && (typeof value === 'number' || typeof value === 'boolean') ? { value: String(value) } : undefined
}

/** Reads a text as a type or value that an error expects. `undefined` when no text can spell what is expected. */
export function readAs({ keyword, params }: AjvError, text: string): Exact | undefined {
  if (keyword === 'type') return readAsOneOf([params['type']].flat(), text)
  const allowed = keyword === 'enum' ? params['allowedValues'] : keyword === 'const' ? [params['allowedValue']] : []
  const values = allowed as readonly unknown[]
  const exact = readAsOneOf(
    values.map((each) => typeof each),
    text,
  )
  return exact && 'value' in exact && values.includes(exact.value) ? exact : undefined
}

function readAsOneOf(types: readonly unknown[], text: string): Exact | undefined {
  const readers = Array.from(READERS).filter(([type]) => types.includes(type))
  const read = readers.map(([, reader]) => reader(text))
  return read.find((exact) => 'value' in exact) ?? read[0]
}
