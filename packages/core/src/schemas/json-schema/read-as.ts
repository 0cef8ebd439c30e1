import { readBoolean, readList, readNumber, readObject, readWholeNumber } from '../exact-text.js'
import type { Exact, ExactReader } from '../exact-text.js'
import type { AjvError } from './ajv-types.js'

/** The readers, in the order in which they are tried when a schema allows several types. */
const READERS: ReadonlyMap<unknown, ExactReader> = new Map([
  ['boolean', readBoolean],
  ['integer', readWholeNumber],
  ['number', readNumber],
  ['object', readObject],
  ['array', readList],
])

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
