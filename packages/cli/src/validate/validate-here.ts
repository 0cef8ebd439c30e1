import { openCluster } from '../cluster/open-cluster.js'
import { readInput } from '../manifests/read-input.js'
import type { PipelineOptions } from '../schemas/messages.js'
import type { SchemaChoice } from '../schemas/schema-choice.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { beforeInCluster, beforeInManifests } from './before.js'
import type { Report } from './finding.js'
import { validate } from './validate.js'

interface Options {
  readonly inputs: readonly string[]
  readonly against: string | undefined
  readonly cluster: { readonly context: string | undefined; readonly namespace: string | undefined } | undefined
  readonly schemas: readonly SchemaChoice[]
  readonly names: readonly string[]
  readonly pipeline: PipelineOptions
  readonly schemaTimeoutMs: number
}

/**
 * Validates manifests in this process, for several schemas, each of which has a process of its own, and for a cluster,
 * to which code of the user has no access.
 */
export async function validateHere(options: Options): Promise<Report> {
  const { inputs, against, schemas, names, pipeline, schemaTimeoutMs } = options
  using cluster = options.cluster && (await openCluster(options.cluster.context))
  const namespace = options.cluster?.namespace
  return await validate({
    read: () => readInput(inputs),
    ...(cluster && { before: async () => beforeInCluster(cluster, namespace) }),
    ...(against !== undefined && { before: async () => beforeInManifests(await readInput([against]), against) }),
    schemas,
    names,
    pipeline,
    open: (file) => SchemaProcess.spawn(file, schemaTimeoutMs),
  })
}
