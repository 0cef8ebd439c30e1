import { configObjectOf, isConfigObject } from '../manifests/config-object.js'
import type { ConfigObject } from '../manifests/config-object.js'
import type { ManifestText } from '../manifests/node.js'
import { objectsIn } from '../manifests/objects.js'
import type { ManifestProblem } from '../manifests/objects.js'
import { workloadOf } from '../manifests/workloads.js'
import type { Workload } from '../manifests/workloads.js'
import type { SourceContent } from '../schemas/messages.js'
import type { Finding } from './finding.js'
import { labelOf } from './workload-findings.js'

/** The ConfigMaps, Secrets and workloads of manifests. */
export interface ValidateInput {
  readonly objects: readonly ConfigObject[]
  readonly workloads: readonly Workload[]
  readonly findings: readonly Finding[]
}

export function inputIn(manifests: readonly ManifestText[]): ValidateInput {
  const { objects, problems } = objectsIn(manifests)
  const read = objects.filter(isConfigObject).map(configObjectOf)
  const all = [...problems, ...read.flatMap((each) => each.problems)]
  return {
    objects: read.map(({ object }) => object),
    workloads: objects.map(workloadOf).filter((workload) => workload !== undefined),
    findings: all.map((problem: ManifestProblem) => ({ level: 'error', rule: 'manifest', ...problem })),
  }
}

/** What an object of a manifest holds, for the pipeline. */
export function contentOf(object: ConfigObject): SourceContent {
  const keys = object.keys.map(({ key, bytes }) => ({ key, bytes }))
  return { name: labelOf(object), keys, isSecret: object.kind === 'Secret' }
}
