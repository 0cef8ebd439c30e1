import { isDeepStrictEqual } from 'node:util'

import { NOT_JSON, readBoolean, readJson, readList, readNumber, readPattern, readWholeNumber } from '../exact-text.js'
import type { Exact, ExactReader } from '../exact-text.js'
import { isPlainObject } from '../../trees/tree.js'
import { NOTHING_GIVEN } from './library.js'
import type { Convict, ConvictInstance } from './library.js'
import type { Entry, Leaf } from './entries.js'

/** The message for a text that a format rejects. The format's own message may quote the text, which may be a secret. */
export const UNREADABLE = 'is not of the form that its format expects'

/** How convict coerces the texts of a format, and the reader that replaces this coercion. */
interface Coercion {
  readonly read: ExactReader
  /** A text and the value that convict coerces it to. With another result, the program has replaced the format. */
  readonly sample: readonly [text: string, value: unknown]
  /** Coerces a text as convict does. Omitted when comparing the results would cost more than setting the value. */
  readonly coerce?: (text: string) => unknown
}

const wholeNumber: Coercion = {
  read: readWholeNumber,
  sample: ['7x', 7],
  coerce: (text) => Number.parseInt(text, 10),
}

/** All coercions of convict 6 and of `convict-format-with-moment`. The texts of other formats stay text. */
const COERCIONS: ReadonlyMap<string, Coercion> = new Map([
  ['port', wholeNumber],
  ['nat', wholeNumber],
  ['int', wholeNumber],
  ['integer', wholeNumber],
  ['port_or_windows_named_pipe', { ...wholeNumber, read: readPortOrPipe }],
  ['number', { read: readNumber, sample: ['7x', 7], coerce: Number.parseFloat }],
  ['boolean', { read: readBoolean, sample: ['off', true], coerce: (text) => text.toLowerCase() !== 'false' }],
  ['array', { read: readList, sample: ['', ['']] }],
  ['object', { read: readObjectText, sample: ['{"a":1}', { a: 1 }] }],
  ['regexp', { read: readPattern, sample: ['a', /a/] }],
  ['duration', { read: readDuration, sample: ['2 hoursX', 0] }],
  ['timestamp', { read: readTimestamp, sample: ['1970-W01-4T00:00:00Z', 0] }],
])

/**
 * Finds the reader for the texts of an entry. There is none when they stay text, or when a format that the program
 * added to convict coerces them.
 */
export function textReaders(convict: Convict): (leaf: Leaf) => Pick<Entry, 'read' | 'coerce'> {
  const own = new Map<string, boolean>()
  return (leaf) => {
    const { format, byDefault } = leaf
    const name = coercionOf(leaf)
    const coercion = COERCIONS.get(name)
    const isOwn = !coercion || (own.get(name) ?? coercesAs(convict, leaf, coercion.sample))
    own.set(name, isOwn)
    if (!isOwn) return {}
    if (Array.isArray(format)) return isTextual(format) ? {} : { read: choiceReader(format) }
    if (!coercion) return {}
    const { read, coerce } = coercion
    return {
      read: Array.isArray(byDefault) && name === 'object' ? readArrayText : read,
      ...(coerce && { coerce }),
    }
  }
}

/** Whether the choices of a format are texts, so that a text in the sources stays text. */
export function isTextual(choices: readonly unknown[]): boolean {
  return choices.every((choice) => typeof choice === 'string')
}

/** convict chooses a coercion by the default of an entry. Here its choices say what a text may be. */
function choiceReader(choices: readonly unknown[]): ExactReader {
  return (text) => {
    const spelled = [{ value: text }, readBoolean(text), readNumber(text)]
    const chosen = spelled.find((exact) => 'value' in exact && choices.includes(exact.value))
    // convict's own message
    return chosen ?? { fault: `must be one of the possible values: ${JSON.stringify(choices)}` }
  }
}

function coercesAs(convict: Convict, leaf: Leaf, [text, value]: Coercion['sample']): boolean {
  try {
    return isDeepStrictEqual(loadAlone(convict, leaf, text), { entry: value })
  } catch {
    return false
  }
}

/** Returns a convict instance with one entry. Its name there is `entry`. */
export function aloneIn(convict: Convict, { node }: Leaf): ConvictInstance {
  return convict({ entry: node }, NOTHING_GIVEN)
}

/**
 * Loads the value of one entry into a convict instance that has no other.
 *
 * @throws what the format throws for a text that it can't read
 */
export function loadAlone(convict: Convict, leaf: Leaf, value: unknown): unknown {
  const instance = aloneIn(convict, leaf)
  instance.load({ entry: value })
  return instance.getProperties()
}

/** The name by which convict chooses a coercion: the name of the format, or the type of the default. */
export function coercionOf({ format, byDefault }: Leaf): string {
  const builtIn = BUILT_INS.find((each) => each === format || each.name === format)
  if (builtIn) return builtIn.name.toLowerCase()
  if (typeof format === 'string') return format
  return byDefault === null ? '' : typeof byDefault
}

const BUILT_INS = [Object, Array, String, Number, Boolean, RegExp]

function readObjectText(text: string): Exact {
  return readJsonFor('expected a JSON object', text)
}

/** Reads the text of an entry without a format whose default is a list. convict parses it like an object. */
function readArrayText(text: string): Exact {
  const exact = readJsonFor('expected a JSON array', text)
  return 'fault' in exact || Array.isArray(exact.value) ? exact : { fault: 'expected a JSON array' }
}

function readJsonFor(expected: string, text: string): Exact {
  const exact = readJson(text)
  if ('fault' in exact) return exact.fault === NOT_JSON ? { fault: expected } : exact
  return hasDottedName(exact.value)
    ? { fault: `${expected} without a dot in a name, which convict reads as the end of a name` }
    : exact
}

function hasDottedName(value: unknown): boolean {
  return (
    isPlainObject(value) && Object.entries(value).some(([name, below]) => name.includes('.') || hasDottedName(below))
  )
}

function readPortOrPipe(text: string): Exact {
  if (text.includes('\\\\.\\pipe\\')) return { value: text }
  const port = readWholeNumber(text)
  return 'value' in port ? port : { fault: `${port.fault}, or a named pipe of Windows` }
}

/** The units that moment understands. Its format reads `5 m` as milliseconds and `5 h` as 0. */
const DURATION = /^(\d+) (?:ms|s|(?:millisecond|second|minute|hour|day|week|month|quarter|year)s?)$/

function readDuration(text: string): Exact {
  const [, count] = DURATION.exec(text) ?? []
  if (count !== undefined && 'value' in readWholeNumber(count)) return { value: text }
  const milliseconds = readWholeNumber(text)
  if ('value' in milliseconds) return milliseconds
  return { fault: 'expected whole milliseconds, or a whole number with a unit such as "90 seconds" or "5 days"' }
}

const ISO_DATE =
  /^\d{4}-(?:\d\d-\d\d|\d{3}|W\d\d(?:-\d)?)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[-+]\d\d:?\d\d)?)?$/

function readTimestamp(text: string): Exact {
  if (ISO_DATE.test(text)) return { value: text }
  const milliseconds = readWholeNumber(text)
  // 20260131 may be a date as well
  if ('value' in milliseconds && !/^\s*\d{1,8}\s*$/.test(text)) return milliseconds
  return { fault: 'expected a date such as "2026-01-31T12:00:00Z", or the milliseconds since 1970' }
}
