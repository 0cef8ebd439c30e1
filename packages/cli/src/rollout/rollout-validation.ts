import { keysOf } from '../cluster/api-object.js'
import type { ApiObject } from '../cluster/api-object.js'
import { colorsFor } from '../colors.js'
import type { ManifestText } from '../manifests/node.js'
import { print } from '../output.js'
import { pipelineOptionsOf } from '../pipeline-options.js'
import type { PipelineFlags } from '../pipeline-options.js'
import { parseSchemaChoices } from '../schemas/schema-choice.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { formatReport } from '../validate/format-report.js'
import { validate } from '../validate/validate.js'

/** The options of a rollout that are about its content. */
export interface ValidationFlags extends PipelineFlags {
  readonly schema?: string
  readonly schemaTimeout: number
}

/**
 * Validates the new content of a ConfigMap as an update of the old one, and prints what is wrong and what changes.
 *
 * @returns whether a service would accept it
 * @throws {UsageError} when that can't be found out
 */
export async function isValidUpdate(
  manifests: readonly ManifestText[],
  stable: ApiObject,
  flags: ValidationFlags,
): Promise<boolean> {
  const { schema, schemaTimeout } = flags
  if (schema === undefined) return true
  const { name } = stable.metadata
  const content = { name: `ConfigMap ${name}`, keys: keysOf('ConfigMap', stable), isSecret: false }
  const held = { content, place: 'the cluster', isImmutable: stable.immutable === true }
  const report = await validate({
    read: async () => manifests,
    schemas: parseSchemaChoices([schema]),
    // a Secret may have the same name
    names: [`configmap/${name}`],
    before: async () => ({ findings: [], of: async () => held }),
    open: (file) => SchemaProcess.spawn(file, schemaTimeout),
    pipeline: pipelineOptionsOf(flags),
  })
  const isNews = report.findings.length > 0 || (report.changes ?? []).length > 0
  if (isNews) await print(formatReport(report, 'text', colorsFor(process.stdout)))
  return !report.findings.some(({ level }) => level === 'error')
}
