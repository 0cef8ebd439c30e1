/** The part of a schema of valibot that is used here. See https://valibot.dev/guides/schemas/ */
interface ValibotSchema {
  readonly type?: string
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
  readonly pipe?: readonly ValibotAction[]
}

interface ValibotAction {
  readonly type?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Converts the input of a schema to a JSON Schema with names and marks. valibot's own JSON form is another package. */
export function formOfValibot(schema: ValibotSchema): object {
  const metadata = (schema.pipe ?? []).flatMap((action) => (action.type === 'metadata' ? [action.metadata ?? {}] : []))
  return Object.assign({}, ...metadata, structureOf(schema)) as object
}

/** Types without names below them. The form of all is a text, because only its names count. */
const LEAVES = new Set('string number bigint boolean date literal picklist enum null undefined nan never'.split(' '))

function structureOf(schema: ValibotSchema): object {
  const { type, entries, rest, wrapped, item, items, options, key, value } = schema
  if (wrapped) return formOfValibot(wrapped)
  if (entries) {
    const properties = Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, formOfValibot(entry)]))
    const others = type === 'loose_object' ? {} : rest && formOfValibot(rest)
    return { type: 'object', properties, ...(others && { additionalProperties: others }) }
  }
  if (item) return { type: 'array', items: formOfValibot(item) }
  if (items) return { type: 'array', prefixItems: items.map(formOfValibot) }
  if (type === 'union' || type === 'variant') return { anyOf: (options as ValibotSchema[]).map(formOfValibot) }
  if (type === 'intersect') return { allOf: (options as ValibotSchema[]).map(formOfValibot) }
  if (type === 'record' && value) {
    return {
      type: 'object',
      propertyNames: formOfValibot(key as ValibotSchema),
      additionalProperties: formOfValibot(value),
    }
  }
  return type !== undefined && LEAVES.has(type) ? { type: 'string' } : {}
}
