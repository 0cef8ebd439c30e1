import type { Difference, Explanation, FormatName, Issue, UnknownPolicy } from '@hot-config/core'
import type { UnknownNamedPath } from '@hot-config/core/internal'

import type { Streams } from '../manifests/read-input.js'
import type { OutlineEntry } from '../schema/outline.js'
import type { SchemaChoice } from './schema-choice.js'
import type { JsonForm } from './schema-form.js'

/** What one source of a configuration holds. */
export interface SourceContent {
  /** The name in issues. */
  readonly name: string
  readonly keys: readonly { readonly key: string; readonly bytes: Uint8Array }[]
  /** Whether it is a Secret, so that no value of it is shown. */
  readonly isSecret: boolean
}

/** How a service reads its sources, by the options of `createHotConfig()` and `volume()`. */
export interface PipelineOptions {
  readonly redact: readonly string[]
  readonly restartRequired: readonly string[]
  readonly unknown: UnknownPolicy
  /** Whether an update may take everything away. */
  readonly emptied: 'reject' | 'accept'
  readonly keys?: readonly string[]
  readonly ignore: readonly string[]
  readonly formats: Readonly<Record<string, FormatName>>
}

/** What a service would read. */
export interface Content {
  readonly sources: readonly SourceContent[]
  /** The content before, for the changes. */
  readonly before?: readonly SourceContent[]
  /** Variables that pods set. */
  readonly variables: readonly string[]
}

/** Asks the process of a schema to run the pipeline on each content, in order. */
interface ValidateRequest {
  readonly type: 'validate'
  readonly contents: readonly Content[]
  readonly options: PipelineOptions
}

export interface ValidateResult {
  /** Why the content is rejected. Empty when it is valid. */
  readonly issues: readonly Issue[]
  readonly warnings: readonly Omit<Issue, 'code'>[]
  /** Whether a service rejects the content before, so that nobody knows what changes. */
  readonly isBeforeInvalid?: boolean
  /** What changes, without secrets. `undefined` without a valid content before. */
  readonly changes?: readonly Difference[]
  /** How many more values change. */
  readonly omittedChanges?: number
  /** Paths of options that neither the schema nor the content has. */
  readonly unknownPaths: readonly UnknownNamedPath[]
  /** Paths whose changes wait for a restart. */
  readonly pendingRestart: readonly string[]
  /** Paths that an environment variable overrides: those of `variables`, and those that could. */
  readonly pinned: readonly PinnedPath[]
  /** Where the paths of `changes`, `pendingRestart` and `pinned` are in the sources. */
  readonly places: readonly Omit<Issue, 'code'>[]
}

export interface PinnedPath {
  readonly path: string
  readonly variable: string
  /** Whether the pods set the variable. */
  readonly isSet: boolean
}

/** Asks the process of a schema what the schema accepts. */
interface DescribeRequest {
  readonly type: 'describe'
}

/** The schema as a JSON Schema, and the values that it knows. */
export interface DescribeResult {
  readonly form: JsonForm
  readonly outline: readonly OutlineEntry[]
}

/** Asks the process of a schema where a value comes from. */
export interface ExplainRequest {
  readonly type: 'explain'
  readonly path: string
  /** Such as `volume:/etc/config`. Without any, the default of core. */
  readonly sources: readonly string[]
  readonly redact: readonly string[]
}

/** Where the value comes from, or why the configuration is not valid. */
export type ExplainResult = { readonly explanation: Explanation } | { readonly issues: readonly Issue[] }

/**
 * Asks the process of a schema to validate all manifests of a command itself. Two processes that share this work would
 * both load the parser of manifests and pass all content between them, which takes a fifth longer.
 */
export interface ReportRequest {
  readonly type: 'report'
  /** The manifests, as arguments of the command. */
  readonly inputs: readonly string[]
  /** The manifests before. */
  readonly against: string | undefined
  /** What only the command can read: standard input, and pipes. */
  readonly streams: Streams
  readonly schemas: readonly SchemaChoice[]
  readonly names: readonly string[]
  readonly pipeline: PipelineOptions
}

export type Request = ValidateRequest | ReportRequest | DescribeRequest | ExplainRequest

/**
 * What the process of a schema sends: one answer when it is loaded, one for each content to validate, and one for each
 * other request, in order. A message has several answers, because it costs more than a validation, or none, while a
 * request takes long. `usage` is for what the schema has no part in, such as a manifest that does not exist.
 */
export type Message =
  | { readonly type: 'answers'; readonly answers: readonly unknown[] }
  | { readonly type: 'failed' | 'usage'; readonly message: string }
