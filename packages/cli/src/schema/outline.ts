import { ownAt, valueAt } from '@hot-config/core/internal'
import type { CoveredPaths, PathSegment } from '@hot-config/core/internal'

import type { JsonForm } from '../schemas/schema-form.js'

/** One value that a schema knows. */
export interface OutlineEntry {
  readonly path: readonly string[]
  readonly form: JsonForm
  /** Whether a configuration without it is not valid. */
  readonly isRequired: boolean
  /** Whether it belongs into a Secret: it is secret itself, or its default has a secret. */
  readonly isSecret: boolean
  /** What it may be, in words. */
  readonly type: string
  readonly byDefault: unknown
}

/** A schema that contains itself has values at any depth. */
const MAX_DEPTH = 16

/** Lists the values that a schema knows, in its order. */
export function outlineOf(root: JsonForm, covered: CoveredPaths): OutlineEntry[] {
  const found: OutlineEntry[] = []
  const visit = (given: JsonForm, path: readonly string[], isRequired: boolean, above: unknown): void => {
    const form = resolve(root, given)
    const byDefault = form.default ?? above
    const properties = Object.entries(form.properties ?? {})
    if (properties.length === 0 || path.length >= MAX_DEPTH) {
      if (path.length > 0) {
        const isSecret = holdsSecret(covered, path, byDefault)
        found.push({
          path,
          form,
          isRequired: isRequired && byDefault === undefined,
          isSecret,
          type: typeOf(form),
          byDefault,
        })
      }
      return
    }
    for (const [name, below] of properties) {
      // Where the object may be missing, nothing in it must be there.
      const isNeeded = isRequired && (form.required?.includes(name) ?? false)
      visit(below, [...path, name], isNeeded, ownAt(byDefault, name))
    }
  }
  visit(root, [], true, undefined)
  return found
}

/** Whether the place is secret, or something in the value. */
function holdsSecret(covered: CoveredPaths, path: readonly PathSegment[], value: unknown): boolean {
  if (covered.coveredLength(path) !== undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const below = Array.isArray(value) ? Array.from(value.entries()) : Object.entries(value)
  return below.some(([key, each]: [PathSegment, unknown]) => holdsSecret(covered, [...path, key], each))
}

/** Follows a reference within the schema. Any other reference could be anything. */
function resolve(root: JsonForm, form: JsonForm): JsonForm {
  const { $ref, ...own } = form
  if (!$ref?.startsWith('#/')) return form
  const names = $ref.slice('#/'.length).split('/')
  const path = names.map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'))
  const { $ref: _, ...resolved } = (valueAt(root, path) ?? {}) as JsonForm
  return { ...resolved, ...own }
}

function typeOf({ type, enum: values, const: only, anyOf, oneOf, format, minimum, maximum }: JsonForm): string {
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ')
  if (only !== undefined) return JSON.stringify(only)
  const choices = anyOf ?? oneOf
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ')
  const name = [type ?? 'any value'].flat().join(' or ')
  const bounds = [...boundText('at least', minimum), ...boundText('at most', maximum)]
  return [format === undefined ? name : `${name} (${format})`, ...bounds].join(', ')
}

/** Nothing for a bound that every integer has. */
function boundText(what: string, bound: number | undefined): string[] {
  return bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? [] : [`${what} ${bound}`]
}
