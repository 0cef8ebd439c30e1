import { isDeepStrictEqual } from 'node:util'

import { isCalled } from '../manifests/object-name.js'
import type { PipelineOptions, ValidateResult } from '../schemas/messages.js'
import type { SchemaChoice } from '../schemas/schema-choice.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { contentOf, nameOf, responseTo } from './admission.js'
import type { AdmissionRequest, AdmissionResponse } from './admission.js'

/** Reviews objects with the schemas of their names. */
export class Reviewer implements Disposable {
  readonly #schemas: readonly SchemaChoice[]
  readonly #options: PipelineOptions
  readonly #limitMs: number
  /** By the file of the schema. */
  readonly #processes = new Map<string, Promise<SchemaProcess>>()

  constructor(schemas: readonly SchemaChoice[], options: PipelineOptions, limitMs: number) {
    this.#schemas = schemas
    this.#options = options
    this.#limitMs = limitMs
  }

  /** Loads all schemas. @throws {UsageError} when one can't be loaded, or is not valid */
  async start(): Promise<void> {
    await Promise.all(this.#schemas.map(async ({ file }) => (await this.#processOf(file)).validate([], this.#options)))
  }

  /** @throws {UsageError} when the schema fails. The next review starts it again */
  async review({ uid, object, oldObject }: AdmissionRequest): Promise<AdmissionResponse> {
    const schema = object && this.#schemaFor({ kind: object.kind, name: nameOf(object) })
    // such as a deletion, or an object without a schema
    if (!object || !schema) return { uid, allowed: true }
    try {
      const running = await this.#processOf(schema)
      const content = contentOf(object)
      const before = oldObject && contentOf(oldObject)
      const request = { sources: [content], ...(before && { before: [before] }), variables: [] }
      const [result] = await running.validate([request], this.#options)
      // The pods have this content already. Without this, the object could get no label, and a finalizer would stay.
      const isUnchanged = isDeepStrictEqual(content, before)
      return responseTo(uid, result as ValidateResult, isUnchanged)
    } catch (error) {
      this.#end(schema)
      throw error
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#processes.keys()) this.#end(file)
  }

  #schemaFor(object: { readonly kind: string; readonly name: string }): string | undefined {
    const own = this.#schemas.find(({ names }) => names?.some((name) => isCalled(object, name)))
    return (own ?? this.#schemas.find(({ names }) => names === undefined))?.file
  }

  #processOf(file: string): Promise<SchemaProcess> {
    const known = this.#processes.get(file)
    if (known) return known
    const started = SchemaProcess.start(file, this.#limitMs)
    this.#processes.set(file, started)
    // a schema that failed to load is loaded again
    started.catch(() => this.#processes.delete(file))
    return started
  }

  #end(file: string): void {
    const running = this.#processes.get(file)
    this.#processes.delete(file)
    void running?.then(
      (each) => each[Symbol.dispose](),
      () => undefined,
    )
  }
}
