import type { ConfigObject } from '../manifests/config-object.js'
import type { ManifestObject } from '../manifests/objects.js'
import type { Use, Workload } from '../manifests/workloads.js'
import { hasNameHash } from '../schemas/schema-choice.js'
import type { PinnedPath } from '../schemas/messages.js'
import type { Finding, ObjectPlace } from './finding.js'

export function labelOf({ kind, name }: Pick<ManifestObject, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

/** Whether a workload can use an object. A manifest without a namespace is for any. */
function isUseOf(object: ConfigObject, { kind, name, workload }: Use): boolean {
  const [own, other] = [object.namespace, workload.namespace]
  return kind === object.kind && name === object.name && (own === undefined || other === undefined || own === other)
}

/** Finds workloads in which updates of an object do not arrive. */
export function workloadFindings(object: ConfigObject, workloads: readonly Workload[]): Finding[] {
  const uses = workloads.flatMap((workload) => workload.uses.filter((use) => isUseOf(object, use)))
  const found = uses.flatMap((use) => {
    const message = adviceOn(object, use)
    return message === undefined ? [] : [findingAt(use.workload, use.offset, ruleOf(use.by), message)]
  })
  if (object.isImmutable) {
    const message = `${labelOf(object)} is immutable, so it never changes: leave out immutable: true`
    found.push(findingAt(object, object.node.offset, 'immutable', message))
  }
  if (!hasNameHash(object.name)) return found
  const message =
    `${labelOf(object)} has a hash in its name: each edit makes another object and restarts the pods, so that no ` +
    'process is ever updated. Set disableNameSuffixHash: true in the generator options of kustomize'
  const places = uses.length > 0 ? uses.map((use) => ({ of: use.workload, offset: use.offset })) : [ownPlace(object)]
  return [...found, ...places.map(({ of, offset }) => findingAt(of, offset, 'name-hash', message))]
}

function ownPlace(object: ConfigObject): { of: ManifestObject; offset: number } {
  return { of: object, offset: object.node.offset }
}

function ruleOf(by: Use['by']): string {
  return by === 'subPath' ? 'sub-path' : 'environment'
}

function adviceOn(object: ConfigObject, { by, container }: Use): string | undefined {
  const what = `container ${container} uses ${labelOf(object)}`
  if (by === 'subPath') {
    return `${what} with subPath, and such a mount never sees an update: mount the whole volume as a folder`
  }
  if (by === 'envFrom' || by === 'env') {
    return `${what} for its environment, which never sees an update: mount it as a volume`
  }
  return undefined
}

/**
 * Finds keys whose updates have no effect, because an environment variable overrides them.
 *
 * @param users the workloads that use the objects
 */
export function pinnedFindings(
  users: readonly Workload[],
  pinned: readonly PinnedPath[],
  placeOf: (path: string) => ObjectPlace,
): Finding[] {
  return pinned.flatMap(({ path, variable }): Finding[] => {
    const setters = users.filter(({ variables }) => variables.includes(variable))
    if (setters.length === 0) return []
    const names = setters.map(({ object }) => labelOf(object)).join(', ')
    const message = `no update has an effect, because ${names} sets the variable ${variable}: leave the variable out`
    return [{ ...placeOf(path), level: 'warning', rule: 'pinned', path, message }]
  })
}

/** What to note about paths that pods could pin, when no workload that uses the objects is known. */
export function noteOnPinned(users: readonly Workload[], pinned: readonly PinnedPath[]): string | undefined {
  if (users.length > 0 || pinned.length === 0) return undefined
  const list = pinned.map(({ path, variable }) => `${path} (${variable})`).join(', ')
  return `in pods that set these variables, no update of the path has an effect: ${list}`
}

/** The workloads that use one of the objects. */
export function usersOf(objects: readonly ConfigObject[], workloads: readonly Workload[]): readonly Workload[] {
  return workloads.filter(({ uses }) => uses.some((use) => objects.some((object) => isUseOf(object, use))))
}

/** A warning about a place in the manifest of an object. */
export function findingAt(object: ManifestObject, offset: number, rule: string, message: string): Finding {
  const { file, lines } = object.manifest
  return { level: 'warning', rule, file, ...lines.positionAt(offset), object: labelOf(object), message }
}
