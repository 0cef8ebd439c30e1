import { atOnce } from '../async/slices.js'
import { numberFault } from '../formats/exact-number.js'
import { TWICE } from '../formats/json-positions.js'
import { parseJson } from '../formats/json.js'
import { firstOddCharacter } from '../formats/odd-characters.js'
import { SyntaxProblem } from '../formats/syntax-problem.js'
import { canonical } from '../trees/canonical.js'
import { TreeError, isPlainObject } from '../trees/tree.js'

/** The value that a text spells, or the fault why it spells none. A fault never quotes the text. */
export type Exact = { readonly value: unknown } | { readonly fault: string }

/** Reads a text as a value of one type. Any other text is a fault: a guess could change the configuration. */
export type ExactReader = (text: string) => Exact

const NO = /^(?:off|no|n|f|disabled?|0)$/i
const YES = /^(?:on|yes|y|t|enabled?|1)$/i

/** Why words such as `off` are text in a YAML file. Variables, arguments and other files never say otherwise. */
const IN_YAML = ' in YAML 1.2'

/** Returns the wording of a fault for what is not in a YAML file. */
export function outsideYaml(fault: string): string {
  return fault.replace(IN_YAML, '')
}

export function readBoolean(text: string): Exact {
  if (/^true$/i.test(text)) return { value: true }
  if (/^false$/i.test(text)) return { value: false }
  return { fault: `expected true or false${hintFor(text)}` }
}

function hintFor(text: string): string {
  if (isBlank(text)) return '; this value is empty'
  if (/^\s*(?:true|false)\s*$/i.test(text)) return ' without blanks around it'
  if (NO.test(text.trim())) return `; this value is text${IN_YAML}: write false`
  if (YES.test(text.trim())) return `; this value is text${IN_YAML}: write true`
  return firstOddCharacter(text)
}

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i

/** A longer text is never a number that JavaScript can hold exactly. */
const MAX_NUMBER_LENGTH = 400

export function readNumber(text: string): Exact {
  return readDecimal(text, 'a number')
}

export function readWholeNumber(text: string): Exact {
  const read = readDecimal(text, 'a whole number')
  if ('fault' in read || Number.isInteger(read.value)) return read
  return { fault: 'expected a whole number; this value has a fraction' }
}

function readDecimal(text: string, expected: string): Exact {
  // Removes only blanks of ASCII. A no-break space (U+00A0) looks like a blank, but is a mistake to report.
  const literal = text.slice(0, MAX_NUMBER_LENGTH).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  if (text.length > MAX_NUMBER_LENGTH || !NUMBER.test(literal)) {
    return { fault: `expected ${expected}${faultOf(literal)}` }
  }
  if (numberFault(literal) === undefined) return { value: Number(literal) + 0 }
  return { fault: `expected ${expected} that can be held exactly; this value is too large or has too many digits` }
}

/** The end of the message: what is wrong with the text and what to write instead. */
function faultOf(literal: string): string {
  if (literal === '') return '; this value is empty'
  if (/^[-+]?\.?(?:inf(?:inity)?|nan)$/i.test(literal)) return '; this value is not finite'
  if (/^[-+]?0[xob][\da-f_]+$/i.test(literal)) return '; write it in decimal digits'
  if (/^[-+]?\d[\d_,' ]*(?:\.\d*)?$/.test(literal)) return '; write the digits without anything between them'
  if (/^(?:tcp|udp|sctp):\/\//.test(literal)) {
    return (
      '; this value looks like a variable that Kubernetes sets for a Service of that name: ' +
      'rename one of them, or set enableServiceLinks: false'
    )
  }
  // The character is not named, because it is a part of the value.
  if (/[\u2010-\u2015\u2212]|(?![0-9])\p{Nd}/u.test(literal))
    return '; write it with the digits 0 to 9 and a plain minus'
  const odd = firstOddCharacter(literal)
  if (odd !== '') return odd
  if (/^[-+]?\d[\d.]*\s*[^\d\s.:,-]/.test(literal)) return '; write the number alone, without a unit'
  return ''
}

const NO_LIST = 'expected items with commas between them, or a JSON array'

/** Reads items with commas between them, or a JSON array. An empty text is an empty list. */
export function readList(text: string): Exact {
  if (isBlank(text)) return { value: [] }
  const items = text.split(',')
  if (/^\s*\[/.test(text)) {
    const json = readJson(text)
    if ('fault' in json ? json.fault !== NOT_JSON : Array.isArray(json.value)) return json
    // `[::1],[::2]` is a list of texts. `[a]` could be a list or a text.
    if (items.length === 1 && /\]\s*$/.test(text)) return { fault: NO_LIST }
  }
  return items.every(isWhole) ? { value: items } : { fault: NO_LIST }
}

/** Whether an item is complete. A comma inside brackets or quotes cuts an item into incomplete parts. */
function isWhole(item: string): boolean {
  const count = (character: string): number => item.split(character).length
  const isQuoted = item.trimStart().startsWith('"')
  return count('[') === count(']') && count('{') === count('}') && (!isQuoted || count('"') % 2 === 1)
}

export function readObject(text: string): Exact {
  const json = readJson(text)
  if ('fault' in json || isPlainObject(json.value)) return json
  return { fault: 'expected a JSON object' }
}

/** Reads JSON by the rules for a file in JSON: no name twice, no name that is not allowed, and no number that is rounded. */
export function readJson(text: string): Exact {
  try {
    const value = atOnce(parseJson(text))
    atOnce(canonical(value))
    return { value }
  } catch (error) {
    if (!(error instanceof SyntaxProblem || error instanceof TreeError)) return { fault: NOT_JSON }
    const reason = error.message.endsWith(TWICE) ? 'gives a name twice in one object' : error.message
    if (reason.startsWith('is not JSON')) return { fault: NOT_JSON }
    return { fault: `expected JSON that can be kept; ${reason.startsWith('the key') ? reason : `it ${reason}`}` }
  }
}

export const NOT_JSON = 'expected JSON'

export function readPattern(text: string): Exact {
  // An empty pattern matches everything.
  if (text === '') return { fault: 'expected a regular expression; this value is empty' }
  try {
    return { value: new RegExp(text) }
  } catch {
    return { fault: 'expected a regular expression' }
  }
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}
