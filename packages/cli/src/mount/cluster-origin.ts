import { setTimeout as delay } from 'node:timers/promises'

import { keysOf } from '../cluster/api-object.js'
import type { Cluster } from '../cluster/cluster.js'
import { namespaceOf } from '../cluster/namespace.js'
import { readObject } from '../cluster/read-object.js'
import type { ObjectReference } from '../cluster/read-object.js'
import { namedObject } from '../manifests/object-name.js'
import { UsageError } from '../usage-error.js'
import { chooseObject } from './manifest-origin.js'
import type { Content, MountProblem, Origin } from './origin.js'

/**
 * How often the object is read, in milliseconds. Each reading needs only the permission of `kubectl get`, and does not
 * depend on earlier ones.
 */
const POLL_MS = 1_000

/** Which object of a cluster is mounted. */
export interface ClusterChoice {
  /** `shop-config`, `secret/shop-keys`, or a manifest that names it. */
  readonly object: string
  /** Which object, when the manifest has several. */
  readonly name?: string
  readonly namespace?: string
  /** Whether the object may be missing. The volume is empty then. */
  readonly optional?: boolean
}

/**
 * Finds the object to follow.
 *
 * @returns what is wrong with the manifest, when it can't be read
 * @throws {UsageError} when the manifest has none, or several
 */
export async function referenceOf(
  { object: text, name, namespace }: ClusterChoice,
  cluster: Cluster,
): Promise<ObjectReference | { readonly problems: readonly MountProblem[] }> {
  const named = referenceIn(text)
  if (named) {
    if (name !== undefined) throw new UsageError(`--name ${name}: ${text} is a name already, and not a manifest`)
    return { ...named, namespace: namespace ?? cluster.namespace }
  }
  const chosen = await chooseObject(text, name)
  if ('problems' in chosen) return chosen
  const { kind, name: ofManifest, namespace: inManifest } = chosen.object
  return {
    kind: kind as ObjectReference['kind'],
    name: ofManifest,
    namespace: namespaceOf(inManifest, namespace, cluster.namespace),
  }
}

/** Reads `shop-config` and `secret/shop-keys`. `undefined` for the path of a manifest. */
function referenceIn(text: string): Pick<ObjectReference, 'kind' | 'name'> | undefined {
  const { kind = 'ConfigMap', name = '' } = namedObject(text) ?? {}
  return /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/.test(name) && !/\.(?:ya?ml|json)$/.test(name) ? { kind, name } : undefined
}

/** Follows an object of the cluster. */
export function clusterOrigin(cluster: Cluster, reference: ObjectReference, isOptional: boolean): Origin {
  const closing = new AbortController()
  let last: string | undefined
  /** The content and its version. */
  const read = async (): Promise<readonly [Content, string]> => {
    const { kind, name, namespace } = reference
    const label = `${kind} ${name}`
    const found = await readObject(cluster, reference)
    if (found) {
      const { uid, resourceVersion } = found.metadata
      return [{ object: { label, keys: keysOf(kind, found), isMissing: false } }, `${uid} ${resourceVersion}`]
    }
    if (isOptional) return [{ object: { label, keys: [], isMissing: true } }, 'none']
    throw new UsageError(`there is no ${label} in namespace ${namespace}: apply it, or mount it with --optional`)
  }
  const readAgain = (): ReturnType<typeof read> =>
    read().catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error
      return [{ problems: [{ message: `${error.message}. The volume stays as it is` }] }, error.message]
    })
  const poll = async (next: (content: Content) => Promise<void>): Promise<void> => {
    while (!closing.signal.aborted) {
      const [content, version] = await readAgain()
      if (version !== last) await next(content)
      last = version
      await delay(POLL_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }
  return {
    async read() {
      const [content, version] = await read()
      last = version
      return content
    },
    follow(next) {
      // An error ends the process, as one of the command itself does.
      void poll(next)
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
    },
  }
}
