import type { PathSegment } from '../trees/path.js'

/**
 * The part of a Standard Schema that is used here. The type is defined here so that users need not install a package
 * for it. The types of the specification are assignable to it. See https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly output: Output } | undefined
    readonly vendor?: string
    /** See https://standardschema.dev/json-schema */
    readonly jsonSchema?: Record<'input' | 'output', (options: JsonFormOptions) => unknown> | undefined
  }
}

interface JsonFormOptions {
  readonly target: 'draft-2020-12'
  readonly libraryOptions?: Record<string, unknown> | undefined
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
}

/** The path of an issue, with names as texts. */
export function pathOf({ path = [] }: StandardIssue): readonly PathSegment[] {
  return path.map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
}

/** The type of the values that a schema returns. */
export type StandardOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']
