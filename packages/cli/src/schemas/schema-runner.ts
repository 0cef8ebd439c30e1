import type { Content, PipelineOptions, ValidateResult } from './messages.js'

/** Validates content by one schema. */
export interface SchemaRunner extends Disposable {
  /** @returns one result for each content */
  validate(contents: readonly Content[], options: PipelineOptions): Promise<ValidateResult[]>
}
