/** The part of ajv that is used here. */
export interface Ajv {
  readonly formats: Readonly<Record<string, unknown>>
  addKeyword(definition: object): unknown
  addSchema(schema: object, key: string): unknown
  getSchema(reference: string): Check | undefined
  compile(schema: object): Check
}

/** Validates a value, and adds defaults to it. */
export interface Check {
  (value: unknown): boolean
  readonly errors?: readonly AjvError[] | null
}

export interface AjvError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
  readonly propertyName?: string
  /** The schema that has the keyword. */
  readonly parentSchema?: Readonly<Record<string, unknown>>
}
