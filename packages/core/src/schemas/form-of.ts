/** The limits for lazy schemas, which may create other ones without end. */
const [MAX_SCHEMAS, MAX_DEPTH] = [50_000, 300]

/** A JSON Schema, and why not all of the schema is in it. */
export interface Form {
  readonly form?: unknown
  readonly fault?: unknown
}

/** A call in a schema that guesses what a text means, and the path of the value. */
export interface Guess {
  readonly call: string
  readonly path: string
}

/** Returns the form of a schema that is inside of another one, or of the one that a lazy schema creates. */
export type FormOf<S> = (below: S | (() => S), name?: string) => object

/**
 * Converts a schema and all schemas inside of it to a JSON Schema. Each is converted once: the form of a schema that
 * contains itself contains itself. A schema that can't be converted accepts anything.
 *
 * @param convert converts one schema; `path` has the names that lead to it
 */
export function formOfAll<S extends object>(
  root: S,
  convert: (schema: S, formOf: FormOf<S>, path: string) => object,
): Form {
  const forms = new Map<S | (() => S), { readonly form: object; readonly path: string; readonly depth: number }>()
  const add = (schema: S | (() => S), path: string, depth: number): object => {
    const form = forms.get(schema)?.form ?? {}
    forms.set(schema, forms.get(schema) ?? { form, path, depth })
    return form
  }
  const form = add(root, '', 0)
  let fault: unknown
  // Also visits what is added meanwhile.
  for (const [schema, { form: own, path, depth }] of forms) {
    const formOf: FormOf<S> = (below, name) => {
      if (forms.size >= MAX_SCHEMAS || depth >= MAX_DEPTH)
        throw new Error('it is too large, or lazy schemas create others without end')
      return add(below, name === undefined ? path : path === '' ? name : `${path}.${name}`, depth + 1)
    }
    try {
      Object.assign(own, typeof schema === 'function' ? { allOf: [formOf(schema())] } : convert(schema, formOf, path))
    } catch (error) {
      fault ??= error
    }
  }
  return { form, fault }
}
