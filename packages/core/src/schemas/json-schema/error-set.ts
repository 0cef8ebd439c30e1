import type { AjvError } from './ajv-types.js'

/** A set of errors. Two errors are the same when the same schema reports them for the same place. */
export class ErrorSet {
  readonly #schemas = new Map<string, Set<unknown>>()

  /** @param above the JSON pointer of the value that was checked */
  add({ instancePath, parentSchema }: AjvError, above = ''): void {
    const pointer = above + instancePath
    const schemas = this.#schemas.get(pointer) ?? new Set()
    this.#schemas.set(pointer, schemas.add(parentSchema))
  }

  has({ instancePath, parentSchema }: AjvError): boolean {
    return this.#schemas.get(instancePath)?.has(parentSchema) ?? false
  }
}
