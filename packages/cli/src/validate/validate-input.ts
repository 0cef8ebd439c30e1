import { configObjectOf, isConfigObject } from '../manifests/config-object.js'
import type { ConfigObject } from '../manifests/config-object.js'
import type { ManifestText } from '../manifests/node.js'
import { objectsIn } from '../manifests/objects.js'
import type { ManifestProblem } from '../manifests/objects.js'
import { workloadOf } from '../manifests/workloads.js'
import type { Workload } from '../manifests/workloads.js'
import type { SourceContent } from '../schemas/messages.js'
import type { Finding } from './finding.js'
import { findingAt, labelOf } from './workload-findings.js'

/** The ConfigMaps, Secrets and workloads of manifests. */
export interface ValidateInput {
  readonly objects: readonly ConfigObject[]
  readonly workloads: readonly Workload[]
  readonly findings: readonly Finding[]
}

/** @param goesOn called for each manifest */
export function inputIn(manifests: readonly ManifestText[], goesOn?: () => void): ValidateInput {
  const { objects, problems } = objectsIn(manifests, goesOn)
  const read = objects.filter(isConfigObject).map(configObjectOf)
  const configObjects = read.map(({ object }) => object)
  const all = [...problems, ...read.flatMap((each) => each.problems)]
  return {
    objects: configObjects,
    workloads: objects.map(workloadOf).filter((workload) => workload !== undefined),
    findings: [
      ...all.map((problem: ManifestProblem) => ({ level: 'error' as const, rule: 'manifest', ...problem })),
      ...repeatedIn(configObjects),
    ],
  }
}

/** Finds objects that one file has twice. In several files, one may be a patch of kustomize for the other. */
function repeatedIn(objects: readonly ConfigObject[]): Finding[] {
  const seen = new Map<string, ConfigObject>()
  return objects.flatMap((object) => {
    const { kind, name, namespace, manifest, node } = object
    const key = JSON.stringify([manifest.file, kind, name, namespace])
    const first = seen.get(key)
    if (!first || name === '') {
      seen.set(key, object)
      return []
    }
    const { line } = manifest.lines.positionAt(first.node.offset)
    const message = `${labelOf(object)} is in line ${line} as well, and kubectl apply keeps only the last one: remove one`
    return [findingAt(object, node.offset, 'repeated', message)]
  })
}

/** What an object of a manifest holds, for the pipeline. */
export function contentOf(object: ConfigObject): SourceContent {
  const keys = object.keys.map(({ key, bytes }) => ({ key, bytes }))
  return { name: labelOf(object), keys, isSecret: object.kind === 'Secret' }
}
