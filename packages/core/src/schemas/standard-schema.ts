/**
 * A Standard Schema, as far as it is needed here. Types of our own, so that nobody has to install a package for them; those
 * of the specification fit. See https://standardschema.dev
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

/** What such a schema makes of its input. */
export type StandardOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']
