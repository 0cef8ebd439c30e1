import { isPlainObject } from '../../trees/tree.js'

/** An object within a JSON Schema that is a schema itself. */
export type SchemaNode = Readonly<Record<string, unknown>>

/**
 * A place in the values of a JSON Schema. Several of its schemas may apply to one place. The items of a list are at the
 * place of the list.
 */
export interface Location {
  readonly nodes: readonly SchemaNode[]
  /** Whether any name is accepted, or the names are not known. */
  readonly isOpen: boolean
  readonly isList: boolean
}

/** The URI of a schema without an `$id`. */
const NO_ID = 'schema:///'
const CHOICES = ['anyOf', 'oneOf']
const LIST_ITEMS = ['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains']
const SAME_PLACE = ['allOf', ...CHOICES, 'if', 'then', 'else', ...LIST_ITEMS]
const SAME_PLACE_BY_NAME = ['dependentSchemas', 'dependencies']

const ANNOTATIONS = new Set(
  '$schema title description default examples $comment deprecated readOnly writeOnly'.split(' '),
)

/** Finds the schemas of a JSON Schema that apply to a place. Follows references, and does not validate. */
export class Locations {
  readonly root: Location
  /** The schemas by their URIs: those with an `$id` or an anchor, and the whole. */
  readonly #named = new Map<string, SchemaNode>()
  /** The schemas that a dynamic reference may mean, by their anchors. Which one depends on how it is reached. */
  readonly #dynamic = new Map<string, SchemaNode[]>()
  /** The URI that the references in an object are relative to. */
  readonly #bases = new Map<object, string>()
  readonly #keyOf = keys()
  readonly #locations = new Map<string, Location>()

  constructor(schema: object) {
    this.#named.set(NO_ID, schema as SchemaNode)
    this.#collectNames(schema, NO_ID)
    this.root = this.#at([schema])
  }

  /** Returns the names that the schemas of a place spell out. */
  namesAt({ nodes }: Location): string[] {
    const names = nodes.flatMap(({ properties }) => (isPlainObject(properties) ? Object.keys(properties) : []))
    return Array.from(new Set(names))
  }

  /** Returns the place below a name, or `undefined` for an unknown name. */
  below({ nodes }: Location, name: string): Location | undefined {
    const schemas = nodes.flatMap((node) => schemasOf(node, name))
    return schemas.length > 0 ? this.#at(schemas) : undefined
  }

  /** Returns the place below all names that are not spelled out. */
  belowOthers({ nodes }: Location): Location {
    return this.#at(
      nodes.flatMap(({ patternProperties, additionalProperties, unevaluatedProperties }) => [
        ...(isPlainObject(patternProperties) ? Object.values(patternProperties) : []),
        ...[additionalProperties, unevaluatedProperties].filter(isPlainObject),
      ]),
    )
  }

  /** Returns the place of the names themselves. */
  ofNames({ nodes }: Location): Location {
    return this.#at(nodes.flatMap(({ propertyNames }) => (isPlainObject(propertyNames) ? [propertyNames] : [])))
  }

  /** The same schemas are always the same location: members of a record have theirs in common. */
  #at(schemas: readonly unknown[]): Location {
    const key = this.#keyOf(schemas)
    const location = this.#locations.get(key) ?? this.#locate(schemas)
    this.#locations.set(key, location)
    return location
  }

  #locate(schemas: readonly unknown[]): Location {
    const nodes = new Set<SchemaNode>()
    const isOpen = schemas.map((schema) => this.#add(schema, nodes)).includes(true)
    const all = [...nodes]
    const isList = all.some((node) => LIST_ITEMS.some((keyword) => keyword in node))
    return { nodes: all, isOpen: isOpen || !all.some(hasNames), isList }
  }

  /** @returns whether the schema, or another one for the same place, accepts anything */
  #add(schema: unknown, nodes: Set<SchemaNode>): boolean {
    if (!isPlainObject(schema)) return schema === true
    if (nodes.has(schema)) return false
    nodes.add(schema)
    const referred = this.#referredBy(schema)
    const others = SAME_PLACE.flatMap((keyword) => schema[keyword] ?? [])
    const byName = SAME_PLACE_BY_NAME.flatMap((keyword) => Object.values(schema[keyword] ?? {}) as unknown[])
    const choices = CHOICES.flatMap((keyword) => schema[keyword] ?? [])
    const isOpen = allowsAnything(schema) || choices.some(isAnyObject)
    return [...referred, ...others, ...byName].map((other) => this.#add(other, nodes)).includes(true) || isOpen
  }

  /** Returns the schemas that a schema refers to. An unknown one may accept anything. */
  #referredBy(schema: SchemaNode): unknown[] {
    const { $ref, $dynamicRef, $recursiveRef } = schema
    const base = this.#bases.get(schema) ?? NO_ID
    const found = [$ref, $dynamicRef, $recursiveRef].flatMap((reference) =>
      typeof reference === 'string' ? [this.#resolve(reference, base) ?? true] : [],
    )
    const dynamic = [typeof $dynamicRef === 'string' && $dynamicRef.replace(/^.*#/, ''), $recursiveRef]
    return [...found, ...dynamic.flatMap((anchor) => this.#dynamic.get(String(anchor)) ?? [])]
  }

  #resolve(reference: string, base: string): unknown {
    const [id = '', fragment = ''] = uriOf(reference, base).split('#')
    if (!fragment.startsWith('/')) return this.#named.get(fragment === '' ? id : `${id}#${fragment}`)
    let found: unknown = this.#named.get(id)
    for (const segment of fragment.split('/').slice(1)) {
      const key = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
      found =
        typeof found === 'object' && found !== null && Object.hasOwn(found, key)
          ? (found as SchemaNode)[key]
          : undefined
    }
    return found
  }

  #collectNames(value: unknown, around: string): void {
    if (typeof value !== 'object' || value === null || this.#bases.has(value)) return
    const { $id: id, $anchor, $dynamicAnchor, $recursiveAnchor } = value as SchemaNode
    const uri = typeof id === 'string' ? uriOf(id, around).replace(/#$/, '') : around
    if (typeof id === 'string') this.#named.set(uri, value as SchemaNode)
    // Before 2019-09, an anchor was an $id.
    const base = uri.replace(/#.*/, '')
    this.#bases.set(value, base)
    for (const anchor of [$anchor, $dynamicAnchor]) {
      if (typeof anchor === 'string') this.#named.set(`${base}#${anchor}`, value as SchemaNode)
    }
    for (const anchor of [$dynamicAnchor, $recursiveAnchor === true ? '#' : undefined]) {
      if (typeof anchor !== 'string') continue
      this.#dynamic.set(anchor, [...(this.#dynamic.get(anchor) ?? []), value as SchemaNode])
    }
    for (const below of Object.values(value)) this.#collectNames(below, base)
  }
}

/** Returns a function that returns the same key for the same objects in the same order. */
export function keys(): (objects: readonly unknown[]) => string {
  const ids = new Map<unknown, number>()
  return (objects) => {
    for (const each of objects) if (!ids.has(each)) ids.set(each, ids.size)
    return objects.map((each) => ids.get(each)).join()
  }
}

/** Returns a reference as a whole URI. */
function uriOf(reference: string, base: string): string {
  return URL.canParse(reference, base) ? new URL(reference, base).href : reference
}

/** The schemas for the property of a name. */
function schemasOf(node: SchemaNode, name: string): unknown[] {
  const { properties, patternProperties, additionalProperties, unevaluatedProperties } = node
  const found: unknown[] = []
  if (isPlainObject(properties) && Object.hasOwn(properties, name)) found.push(properties[name])
  for (const [pattern, schema] of Object.entries(patternProperties ?? {})) {
    if (new RegExp(pattern, 'u').test(name)) found.push(schema)
  }
  if (found.length > 0) return found
  return [additionalProperties, unevaluatedProperties].filter((schema) => schema !== undefined && schema !== false)
}

function hasNames({ properties, patternProperties, additionalProperties, unevaluatedProperties }: SchemaNode): boolean {
  return (
    properties !== undefined ||
    patternProperties !== undefined ||
    additionalProperties !== undefined ||
    unevaluatedProperties !== undefined
  )
}

function allowsAnything(schema: SchemaNode): boolean {
  return Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword))
}

/** Whether one of several choices accepts any object, whatever the others say. */
function isAnyObject(schema: unknown): boolean {
  if (!isPlainObject(schema)) return false
  const { type, ...rest } = schema
  return (Array.isArray(type) ? type : [type]).includes('object') && allowsAnything(rest)
}
