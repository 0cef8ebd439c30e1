import type { Issue } from '@hot-config/core'

/** What is wrong with a flag set: where, from the flag set on, and what. */
export interface FlagProblem {
  readonly path: readonly string[]
  readonly message: string
}

/** An error of flagd's JSON Schema, as far as it is used here. */
interface SchemaError {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string
  readonly params: { readonly allowedValues?: readonly unknown[]; readonly additionalProperty?: string }
}

/**
 * Checks what flagd's schema does not: that the default variant is one of the variants.
 *
 * @param flags the definitions by the key of the flag
 */
export function variantProblems(flags: Readonly<Record<string, unknown>>): FlagProblem[] {
  return Object.entries(flags).flatMap(([key, flag]): FlagProblem[] => {
    if (!isObject(flag) || !isObject(flag['variants']) || typeof flag['defaultVariant'] !== 'string') return []
    if (Object.hasOwn(flag['variants'], flag['defaultVariant'])) return []
    const message = `must be one of the variants: ${Object.keys(flag['variants']).join(', ')}`
    return [{ path: [key, 'defaultVariant'], message }]
  })
}

/** The problems in an error of flagd. It lists those of its schema as JSON, many for one mistake: the deepest says most. */
export function parseProblems(error: unknown): FlagProblem[] {
  const { message } = error as Error
  const errors = errorsIn(message)
  if (!errors) return [{ path: [], message }]
  const deepest = new Map<string | undefined, { readonly path: readonly string[]; readonly error: SchemaError }>()
  for (const each of errors) {
    const [, ...path] = each.instancePath.split('/').slice(1).map(unescape)
    const known = deepest.get(path[0])
    if (!known || path.length > known.path.length) deepest.set(path[0], { path, error: each })
  }
  return Array.from(deepest.values(), ({ path, error: deep }) => ({ path, message: messageOf(deep, path) }))
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @param formatPath writes a path, from the flag set on */
export function issuesOf(problems: readonly FlagProblem[], formatPath: (path: readonly string[]) => string): Issue[] {
  return problems.map(({ path, message }) => ({ code: 'HOT_CONFIG_SCHEMA', path: formatPath(path), message }))
}

function errorsIn(message: string): readonly SchemaError[] | undefined {
  try {
    return JSON.parse(message.slice(message.indexOf('['))) as readonly SchemaError[]
  } catch {
    return undefined
  }
}

/** A segment of a JSON Pointer. */
function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

function messageOf({ keyword, message, params }: SchemaError, path: readonly string[]): string {
  const { allowedValues, additionalProperty } = params
  if (keyword === 'enum' && allowedValues) return `must be one of ${allowedValues.join(', ')}`
  if (keyword === 'additionalProperties' && additionalProperty !== undefined) {
    return `has the unknown ${path[1] === 'targeting' ? 'operation' : 'name'} ${JSON.stringify(additionalProperty)}`
  }
  return message ?? 'is not valid'
}
