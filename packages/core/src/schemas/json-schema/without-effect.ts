import { formatPath } from '../../trees/path.js'
import { isBranch } from '../../trees/tree.js'

/** The marks of TypeBox 0.34 and 1 for functions that refine or decode a value. */
const FUNCTIONS = ['~refine', '~codec', Symbol.for('TypeBox.Transform')]

/** Keywords whose schemas may not apply, so that ajv fills in no defaults of theirs. */
const CHOICES = new Set(['anyOf', 'oneOf', 'not', 'if'])

/** Keywords with schemas by name. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

/** Keywords whose values are data, not schemas. */
const DATA = new Set(['const', 'enum', 'examples', 'default', 'required'])

/** Returns notes about parts of a JSON Schema that ajv accepts, but that have no effect. */
export function notesOnEffects(schema: object): string[] {
  const functions = new Set<string>()
  const defaults = new Set<string>()
  const seen = new Set<object>()

  const visit = (node: unknown, path: readonly string[], isChoice: boolean): void => {
    if (!isBranch(node) || seen.has(node)) return
    seen.add(node)
    if (Array.isArray(node)) {
      for (const each of node) visit(each, path, isChoice)
      return
    }
    if (FUNCTIONS.some((mark) => Object.hasOwn(node, mark))) functions.add(formatPath(path))
    if (isChoice && 'default' in node) defaults.add(formatPath(path))
    for (const [keyword, below] of Object.entries(node)) {
      if (DATA.has(keyword)) continue
      if (!NAMED.has(keyword) || !isBranch(below)) visit(below, path, isChoice || CHOICES.has(keyword))
      else for (const [name, each] of Object.entries(below)) visit(each, placeOf(keyword, name, path), isChoice)
    }
  }
  visit(schema, [], false)
  return [
    ...noteAbout(functions, 'Refine, Codec and Transform of TypeBox have no effect, because ajv can not run them'),
    ...noteAbout(defaults, 'defaults in anyOf, oneOf, not and if are not filled in'),
  ]
}

function placeOf(keyword: string, name: string, path: readonly string[]): readonly string[] {
  return keyword === 'properties' ? [...path, name] : path
}

function noteAbout(places: ReadonlySet<string>, text: string): string[] {
  const named = [...places].filter((place) => place !== '').toSorted()
  return places.size === 0 ? [] : [`${text}${named.length > 0 ? `: ${named.join(', ')}` : ''}`]
}
