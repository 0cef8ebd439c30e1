import { keysOf } from '../cluster/api-object.js'
import type { Cluster } from '../cluster/cluster.js'
import { namespaceOf } from '../cluster/namespace.js'
import { readObject } from '../cluster/read-object.js'
import type { ConfigObject } from '../manifests/config-object.js'
import type { ManifestText } from '../manifests/node.js'
import type { SourceContent } from '../schemas/messages.js'
import { nameWithoutHash } from '../schemas/schema-choice.js'
import type { Finding } from './finding.js'
import { contentOf, inputIn } from './validate-input.js'
import { findingAt, labelOf } from './workload-findings.js'

/** The content before a change. */
export interface Before {
  /** What is wrong with it. */
  readonly findings: readonly Finding[]
  /** Finds what an object held. @throws {UsageError} when it can't be read */
  of(object: ConfigObject): Promise<Held>
}

/** What an object held before a change. */
interface Held {
  /** `undefined` for an object that is new. */
  readonly content: SourceContent | undefined
  /** Where it was looked for, such as `namespace shop`. */
  readonly place: string
  readonly isImmutable: boolean
}

/** The content of objects before a change, with what is to say about each. */
export interface HeldObjects {
  /** The content of all of them, `undefined` when all are new. */
  readonly contents: readonly SourceContent[] | undefined
  readonly findings: readonly Finding[]
}

/**
 * The objects of other manifests.
 *
 * @param place where the manifests are
 * @param goesOn called for each of them
 */
export function beforeInManifests(manifests: readonly ManifestText[], place: string, goesOn?: () => void): Before {
  const { objects, findings } = inputIn(manifests, goesOn)
  // the first of several with one name
  const byKey = new Map(objects.toReversed().map((object) => [keyOf(object), object]))
  return {
    findings,
    async of(object) {
      const found = byKey.get(keyOf(object))
      return { content: found && contentOf(found), place, isImmutable: found?.isImmutable === true }
    },
  }
}

function keyOf({ kind, name, namespace }: ConfigObject): string {
  return JSON.stringify([kind, namespace, nameWithoutHash(name)])
}

/**
 * The live objects.
 *
 * @param named the namespace of the option
 */
export function beforeInCluster(cluster: Cluster, named: string | undefined): Before {
  return {
    findings: [],
    async of(object) {
      const { kind, name } = object
      const namespace = namespaceOf(object.namespace, named, cluster.namespace)
      const live = await readObject(cluster, { kind, name, namespace })
      return {
        content: live && { name: labelOf(object), keys: keysOf(kind, live), isSecret: kind === 'Secret' },
        place: `namespace ${namespace}`,
        isImmutable: live?.immutable === true,
      }
    },
  }
}

/** Finds what the objects of one service held. */
export async function heldBy(objects: readonly ConfigObject[], before: Before): Promise<HeldObjects> {
  const held = await Promise.all(objects.map(async (object) => ({ object, ...(await before.of(object)) })))
  const findings = held.flatMap(({ object, content, place, isImmutable }): Finding[] => {
    const label = labelOf(object)
    const { offset } = object.node
    if (!content) return [{ ...findingAt(object, offset, 'new', `${label} is new: ${place} has none`), level: 'note' }]
    if (!isImmutable || hasKeys(object, content)) return []
    const message = `${label} of ${place} is immutable, so the API server rejects the change: delete it first`
    return [{ ...findingAt(object, offset, 'immutable', message), level: 'error' }]
  })
  const isNew = held.every(({ content }) => content === undefined)
  // beside objects that are not, one that is new was empty
  const contents = held.map(({ object, content }) => content ?? { ...contentOf(object), keys: [] })
  return { contents: isNew ? undefined : contents, findings }
}

/** Whether an object still holds the same. */
function hasKeys({ keys }: ConfigObject, before: SourceContent): boolean {
  const bytes = new Map(before.keys.map((each) => [each.key, Buffer.from(each.bytes)]))
  return bytes.size === keys.length && keys.every((each) => bytes.get(each.key)?.equals(each.bytes))
}
