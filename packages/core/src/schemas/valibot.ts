import { formOfAll } from './form-of.js'
import type { Form, FormOf, Guess } from './form-of.js'
import { marksIn } from './json-schema/marked-paths.js'

/** The part of a schema of valibot that is used here. See https://valibot.dev/guides/schemas/ */
interface ValibotSchema {
  readonly kind?: string
  readonly type?: string
  readonly async?: boolean
  readonly entries?: Readonly<Record<string, ValibotSchema>>
  readonly rest?: ValibotSchema
  readonly wrapped?: ValibotSchema
  readonly item?: ValibotSchema
  readonly items?: readonly ValibotSchema[]
  readonly options?: readonly unknown[]
  /** The schema of the keys of a record or a map. */
  readonly key?: unknown
  /** The schema of the values of a record, a map or a set. */
  readonly value?: ValibotSchema
  /** Of a lazy schema. It may depend on the input. */
  readonly getter?: () => ValibotSchema
  /** The first one is the schema that this one is a copy of, and may have a pipe as well. */
  readonly pipe?: readonly ValibotPart[]
}

/** A schema or an action of a pipe. */
interface ValibotPart extends ValibotSchema {
  readonly metadata?: object
  /** Of a transformation by a function. */
  readonly operation?: unknown
}

/**
 * Converts a schema to a JSON Schema with names and marks. valibot's own JSON form is another package.
 *
 * @param isWhole whether to follow lazy schemas and all schemas of a pipe as well, which say nothing of the input's
 *   names
 * @param guesses collects the calls that guess what a text means
 */
export function formOfValibot(root: ValibotSchema, isWhole: boolean, guesses: Guess[] = []): Form {
  return formOfAll(root, (schema, formOf, path) => {
    guesses.push(...guessesIn(schema).map((call) => ({ call, path })))
    const later = isWhole ? (schema.pipe ?? []).slice(1).filter(({ kind }) => kind === 'schema') : []
    const structure = isWhole && schema.type === 'lazy' ? lazyForm(schema, formOf) : structureOf(schema, formOf)
    return { ...marksIn(metadataOf(schema)), allOf: [structure, ...later.map((each) => formOf(each))] }
  })
}

/** The calls in the pipes around a schema that make a boolean of a text. It is true unless the text is empty. */
function guessesIn({ pipe = [] }: ValibotSchema): string[] {
  const own = pipe.flatMap(({ type, operation }, index) => {
    const call = type === 'to_boolean' ? 'v.toBoolean()' : operation === Boolean ? 'v.transform(Boolean)' : undefined
    return call !== undefined && returnsText(pipe.slice(0, index)) ? [call] : []
  })
  return [...pipe.slice(0, 1).flatMap(guessesIn), ...own]
}

/** Whether the beginning of a pipe may return a text. */
function returnsText(parts: readonly ValibotPart[]): boolean {
  const isKept = parts.every(({ kind, type = '' }) => kind !== 'transformation' || /^(?:trim|to_\w+_case$)/.test(type))
  return isKept && mayBeText(parts.findLast(({ kind }) => kind === 'schema'))
}

function mayBeText({ type = '', wrapped, options, pipe: [first, ...rest] = [] }: ValibotSchema = {}): boolean {
  if (first) return returnsText([first, ...rest])
  if (wrapped) return mayBeText(wrapped)
  return type === 'union' ? (options as ValibotSchema[]).some(mayBeText) : /^(?:string|any|unknown)$/.test(type)
}

/** The metadata of all pipes around a schema. As in valibot itself, later ones override earlier ones. */
function metadataOf({ pipe: [first, ...actions] = [] }: ValibotSchema): object {
  const own = actions.flatMap(({ type, metadata }) => (type === 'metadata' && metadata ? [metadata] : []))
  return Object.assign({}, first && metadataOf(first), ...own) as object
}

/** Types without names below them. The form of all is a text, because only its names count. */
const LEAVES = new Set('string number bigint boolean date literal picklist enum null undefined nan never'.split(' '))

function structureOf(schema: ValibotSchema, formOf: FormOf<ValibotSchema>): object {
  const { type, entries, rest, wrapped, item, items, options, key, value } = schema
  const choices = (): object[] => (options as ValibotSchema[]).map((option) => formOf(option))
  if (wrapped) return formOf(wrapped)
  if (entries) {
    const properties = Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, formOf(entry, name)]))
    const others = type === 'loose_object' ? {} : rest && formOf(rest)
    return { type: 'object', properties, ...(others && { additionalProperties: others }) }
  }
  if (item) return { type: 'array', items: formOf(item) }
  if (items)
    return { type: 'array', prefixItems: items.map((each) => formOf(each)), ...(rest && { items: formOf(rest) }) }
  if (type === 'union' || type === 'variant') return { anyOf: choices() }
  if (type === 'intersect') return { allOf: choices() }
  if (key && value) {
    return { type: 'object', propertyNames: formOf(key), additionalProperties: formOf(value) }
  }
  if (value) return { type: 'array', items: formOf(value) }
  return type !== undefined && LEAVES.has(type) ? { type: 'string' } : {}
}

function lazyForm({ async, getter }: ValibotSchema, formOf: FormOf<ValibotSchema>): object {
  if (async || !getter) throw new Error('a lazy schema is asynchronous')
  return formOf(getter)
}
