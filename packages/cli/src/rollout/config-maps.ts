import { setTimeout as delay } from 'node:timers/promises'

import type { ApiObject } from '../cluster/api-object.js'
import { namespacePath } from '../cluster/check-namespace.js'
import { ClusterError, askFor } from '../cluster/cluster-error.js'
import type { Purpose } from '../cluster/cluster-error.js'
import type { Answer, Cluster } from '../cluster/cluster.js'
import { readObject } from '../cluster/read-object.js'

/** Who the API server says made a change. */
const FIELD_MANAGER = 'hot-config'

const ATTEMPTS = 5
const RETRY_MS = 1_000

/** The ConfigMaps of a namespace. Each method throws a {@link ClusterError} when the API server does not allow it. */
export class ConfigMaps {
  readonly #cluster: Cluster
  readonly #namespace: string
  readonly #path: string

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster
    this.#namespace = namespace
    this.#path = `${namespacePath(namespace)}/configmaps`
  }

  async read(name: string): Promise<ApiObject | undefined> {
    return persist(() => readObject(this.#cluster, { kind: 'ConfigMap', name, namespace: this.#namespace }))
  }

  /** @returns `undefined` when there is one already */
  async create(
    name: string,
    content: Pick<ApiObject, 'data' | 'binaryData'> & { readonly annotations: Readonly<Record<string, string>> },
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<ApiObject | undefined> {
    const { annotations, ...fields } = content
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, ...fields }
    const path = `${this.#path}?fieldManager=${FIELD_MANAGER}${dryRun ? '&dryRun=All' : ''}`
    return this.#ask(name, 'create', [409], () => this.#cluster.send('POST', path, body))
  }

  /** @returns `undefined` when the ConfigMap is not the one that was read, because somebody else changed or removed it */
  async patch({ metadata }: ApiObject, patch: object): Promise<ApiObject | undefined> {
    const { name, resourceVersion } = metadata
    const own = 'metadata' in patch ? (patch.metadata as object) : {}
    const body = { ...patch, metadata: { ...own, resourceVersion } }
    const path = `${this.#at(name)}?fieldManager=${FIELD_MANAGER}`
    return this.#ask(name, 'patch', [404, 409], () => this.#cluster.send('PATCH', path, body))
  }

  /** Deletes this very ConfigMap, and not one of the same name that somebody created meanwhile. */
  async delete({ metadata: { name, uid } }: ApiObject): Promise<void> {
    const body = { preconditions: { uid } }
    await this.#ask(name, 'delete', [404, 409], () => this.#cluster.send('DELETE', this.#at(name), body))
  }

  /** @returns `undefined` for an answer with one of the statuses */
  async #ask(
    name: string,
    verb: keyof typeof DONE,
    decided: readonly number[],
    ask: () => Promise<Answer>,
  ): Promise<ApiObject | undefined> {
    const failure = `ConfigMap ${name} can't be ${DONE[verb]}`
    const purpose: Purpose = { failure, verb, resource: 'configmaps', namespace: this.#namespace }
    const { status, body } = await persist(() => askFor(purpose, ask, decided))
    return decided.includes(status) ? undefined : (JSON.parse(body) as ApiObject)
  }

  #at(name: string): string {
    return `${this.#path}/${encodeURIComponent(name)}`
  }
}

/** The verbs, as they are in a message. */
const DONE = { create: 'created', patch: 'changed', delete: 'deleted' } as const

/** Asks again when the API server can't be reached, or is busy: a restart of it does not end a rollout. */
async function persist<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ClusterError && error.mayPass)) throw error
    }
    await delay(RETRY_MS)
  }
}
