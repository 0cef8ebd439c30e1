import { handled } from '../async/handled.js'
import { PASS_THROUGH } from './create-validator.js'
import type { Validator } from './validator.js'

/** The schema of a configuration, which may need time until it can validate. */
export class SchemaInUse {
  #validator: Validator = PASS_THROUGH
  #preparing: Promise<unknown> | undefined

  get validator(): Validator {
    return this.#validator
  }

  /** Settles when the schema can validate. Nothing may be checked before that. `undefined` when there is none to wait for. */
  get preparing(): Promise<unknown> | undefined {
    return this.#preparing
  }

  /** Uses the validator as soon as it is there. @throws what keeps it from being there */
  async prepare(validator: Promise<Validator>): Promise<void> {
    this.#preparing = handled(validator)
    this.#validator = await validator
    this.#preparing = undefined
  }
}
