import { itemsAt, nodeAt, textAt } from './node.js'
import type { ManifestNode } from './node.js'
import type { ConfigObject } from './config-object.js'
import type { ManifestObject } from './objects.js'

/** Where the pod template is, by the kind of the workload. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ['template'],
  ReplicationController: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
}

/** How a container uses a ConfigMap or Secret. */
export interface Use {
  readonly kind: ConfigObject['kind']
  readonly name: string
  readonly by: 'volume' | 'subPath' | 'envFrom' | 'env'
  readonly workload: ManifestObject
  /** The place of the reference in the manifest. */
  readonly offset: number
  /** The container, without one for a volume. */
  readonly container?: string
}

/** A workload, with what it uses and the names of the variables that its containers set. */
export interface Workload {
  readonly object: ManifestObject
  readonly uses: readonly Use[]
  readonly variables: readonly string[]
}

/** Reads a workload. `undefined` for an object that has no pods. */
export function workloadOf(object: ManifestObject): Workload | undefined {
  const path = TEMPLATES[object.kind]
  const spec = path && nodeAt(object.node, ...path, 'spec')
  if (!spec) return undefined
  const uses: Use[] = []
  const variables: string[] = []
  const add = (reference: Reference | undefined, by: Use['by'], container?: string): void => {
    if (reference) uses.push({ ...reference, by, workload: object, ...(container !== undefined && { container }) })
  }
  const volumes = new Map(itemsAt(spec, 'volumes').map((volume) => [textAt(volume, 'name'), referencesOf(volume)]))
  for (const references of volumes.values()) for (const reference of references) add(reference, 'volume')
  for (const container of ['initContainers', 'containers', 'ephemeralContainers'].flatMap((at) => itemsAt(spec, at))) {
    const name = textAt(container, 'name') ?? ''
    for (const mount of itemsAt(container, 'volumeMounts')) {
      const subPath = nodeAt(mount, 'subPath') ?? nodeAt(mount, 'subPathExpr')
      if (!subPath || (subPath.kind === 'scalar' && subPath.text === '')) continue
      for (const reference of volumes.get(textAt(mount, 'name')) ?? []) {
        add({ ...reference, offset: subPath.offset }, 'subPath', name)
      }
    }
    for (const item of itemsAt(container, 'envFrom')) {
      add(referenceIn(item, 'configMapRef', 'name', 'ConfigMap'), 'envFrom', name)
      add(referenceIn(item, 'secretRef', 'name', 'Secret'), 'envFrom', name)
    }
    for (const item of itemsAt(container, 'env')) {
      const variable = textAt(item, 'name')
      if (variable !== undefined) variables.push(variable)
      add(referenceIn(nodeAt(item, 'valueFrom'), 'configMapKeyRef', 'name', 'ConfigMap'), 'env', name)
      add(referenceIn(nodeAt(item, 'valueFrom'), 'secretKeyRef', 'name', 'Secret'), 'env', name)
    }
  }
  return { object, uses, variables }
}

type Reference = Pick<Use, 'kind' | 'name' | 'offset'>

function referencesOf(volume: ManifestNode): Reference[] {
  const projected = itemsAt(volume, 'projected', 'sources').flatMap((source) => [
    referenceIn(source, 'configMap', 'name', 'ConfigMap'),
    referenceIn(source, 'secret', 'name', 'Secret'),
  ])
  const own = [
    referenceIn(volume, 'configMap', 'name', 'ConfigMap'),
    referenceIn(volume, 'secret', 'secretName', 'Secret'),
  ]
  return [...own, ...projected].filter((reference) => reference !== undefined)
}

function referenceIn(
  node: ManifestNode | undefined,
  field: string,
  nameField: string,
  kind: ConfigObject['kind'],
): Reference | undefined {
  const name = nodeAt(node, field, nameField)
  return name?.kind === 'scalar' ? { kind, name: name.text, offset: name.offset } : undefined
}
