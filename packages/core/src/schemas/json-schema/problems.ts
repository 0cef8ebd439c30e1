import { ownAt, valueAt } from '../../trees/path.js'
import type { PathSegment } from '../../trees/path.js'
import { namesAt } from '../known-names.js'
import type { KnownNames } from '../known-names.js'
import { quoteIt } from '../quote-it.js'
import { unknownName } from '../unknown-names.js'
import type { SchemaProblem } from '../validator.js'
import type { AjvError } from './ajv-types.js'
import { segmentsOf } from './pointer.js'
import { readAs } from './read-as.js'

/** Keywords whose errors are about a property of the value. */
const MISSING = new Set(['required', 'dependentRequired', 'dependencies'])
const UNKNOWN: Readonly<Record<string, string>> = {
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
}

/**
 * Converts ajv's errors to problems. All types and values expected at one place make one problem. Never quotes the
 * value.
 */
export function problemsOf(errors: readonly AjvError[], value: unknown, known: KnownNames): SchemaProblem[] {
  const expected = new Map<string, AjvError[]>()
  const others: SchemaProblem[] = []
  for (const error of errors) {
    const isOfValue = error.propertyName === undefined && ['type', 'const', 'enum'].includes(error.keyword)
    if (isOfValue) expected.set(error.instancePath, [...(expected.get(error.instancePath) ?? []), error])
    else if (!isSummary(error, errors)) others.push(problemOf(error, value, known))
  }
  const ofValues = Array.from(expected, ([pointer, at]): SchemaProblem => {
    const path = pathOf(pointer, value)
    return { path, message: expectation(at, valueAt(value, path)), isOwn: true }
  })
  const problems = [...ofValues, ...others]
  return problems.length > 0 ? problems : [{ path: [], message: 'does not match the schema' }]
}

/** Whether an error only summarizes others, such as those of each choice, of `then` or `else`, or of a name. */
function isSummary({ keyword, params, instancePath }: AjvError, errors: readonly AjvError[]): boolean {
  if (keyword === 'if' || keyword === 'propertyNames') return true
  if (keyword === 'oneOf' && Array.isArray(params['passingSchemas'])) return false
  return (
    (keyword === 'anyOf' || keyword === 'oneOf') &&
    errors.some((error) => error.keyword !== keyword && error.instancePath.startsWith(instancePath))
  )
}

function expectation(errors: readonly AjvError[], value: unknown): string {
  const types = errors.flatMap(({ keyword, params }) => (keyword === 'type' ? [params['type']].flat() : []))
  const values = errors.flatMap(({ keyword, params }) =>
    keyword === 'enum' ? (params['allowedValues'] as unknown[]) : keyword === 'const' ? [params['allowedValue']] : [],
  )
  const [first] = errors
  if (first && types.length === 1 && typeof value === 'string') {
    const exact = readAs(first, value)
    if (exact && 'fault' in exact) return exact.fault
  }
  // The type of a literal says less than its value.
  const literals = errors.flatMap(({ keyword, parentSchema = {} }) =>
    keyword === 'type' ? literalsOf(parentSchema) : [],
  )
  const kinds = errors.flatMap(({ keyword, params, parentSchema = {} }) =>
    keyword === 'type' && literalsOf(parentSchema).length === 0 ? [params['type']].flat() : [],
  )
  const choices = [
    ...new Set(kinds.map((type) => TYPES[String(type)] ?? String(type))),
    ...new Set([...literals, ...values].map((each) => JSON.stringify(each))),
  ]
  const isText = types.includes('string') || values.some((each) => typeof each === 'string')
  return `expected ${choices.join(' or ')}${isText ? quoteIt(value) : adviceFor(types, value)}`
}

function literalsOf(schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  if ('const' in schema) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : []
}

/** What to write instead of a text: the advice of the first type that has one. */
function adviceFor(types: readonly unknown[], value: unknown): string {
  if (typeof value !== 'string') return ''
  const faults = types.map((type) => readAs({ keyword: 'type', params: { type }, instancePath: '' }, value))
  const advices = faults.map((exact) => (exact && 'fault' in exact ? (/;.*/.exec(exact.fault)?.[0] ?? '') : ''))
  const isNull = value === 'null' && types.includes('null')
  return isNull ? '; this value is text' : (advices.find((advice) => advice !== '') ?? '')
}

function problemOf(error: AjvError, value: unknown, known: KnownNames): SchemaProblem {
  const { keyword, params, instancePath, propertyName, message = 'is not valid' } = error
  const path = pathOf(instancePath, value)
  if (propertyName !== undefined) return { path: [...path, propertyName], message: `the name ${message}` }
  const unknown = params[UNKNOWN[keyword] ?? '']
  if (typeof unknown === 'string') {
    return { path: [...path, unknown], message: unknownName(unknown, namesAt(known, path) ?? known), isUnknown: true }
  }
  const missing = params['missingProperty']
  if (MISSING.has(keyword) && typeof missing === 'string') {
    const because = typeof params['property'] === 'string' ? `: ${params['property']} needs it` : ''
    return { path: [...path, missing], message: `is missing${because}` }
  }
  return { path, message: keyword === 'not' ? 'must not match the schema in "not"' : message, isOwn: true }
}

/** The path of a JSON pointer, with numbers for the items of lists. */
function pathOf(pointer: string, value: unknown): PathSegment[] {
  let at = value
  return segmentsOf(pointer).map((key) => {
    const segment = Array.isArray(at) ? Number(key) : key
    at = ownAt(at, segment)
    return segment
  })
}
