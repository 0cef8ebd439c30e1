import { setTimeout as delay } from 'node:timers/promises'

import { messageOf } from '@hot-config/core/internal'

import type { Answer, Cluster } from '../cluster/cluster.js'
import { messageIn } from '../cluster/message-in.js'
import { UsageError } from '../usage-error.js'

/** A ConfigMap of the API. */
export interface ConfigMap {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
  readonly immutable?: boolean
}

/** Who the API server says made a change. */
const FIELD_MANAGER = 'hot-config'

const ATTEMPTS = 5
const RETRY_MS = 1_000

/** The ConfigMaps of a namespace. Each method throws a {@link UsageError} when the API server does not allow it. */
export class ConfigMaps {
  readonly #cluster: Cluster
  readonly #path: string

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster
    this.#path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`
  }

  async read(name: string): Promise<ConfigMap | undefined> {
    const answer = await persist(`ConfigMap ${name} can't be read`, () => this.#cluster.get(this.#at(name)))
    return answer.status === 404 ? undefined : objectIn(answer, `ConfigMap ${name} can't be read`)
  }

  /** @returns `undefined` when there is one already */
  async create(
    name: string,
    content: Pick<ConfigMap, 'data' | 'binaryData'> & { readonly annotations: Readonly<Record<string, string>> },
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<ConfigMap | undefined> {
    const { annotations, ...fields } = content
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, ...fields }
    const path = `${this.#path}?fieldManager=${FIELD_MANAGER}${dryRun ? '&dryRun=All' : ''}`
    const answer = await persist(`ConfigMap ${name} can't be created`, () => this.#cluster.send('POST', path, body))
    return answer.status === 409 ? undefined : objectIn(answer, `ConfigMap ${name} can't be created`)
  }

  /** @returns `undefined` when the ConfigMap is not the one that was read, because somebody else changed or removed it */
  async patch({ metadata }: ConfigMap, patch: object): Promise<ConfigMap | undefined> {
    const { name, resourceVersion } = metadata
    const own = 'metadata' in patch ? (patch.metadata as object) : {}
    const body = { ...patch, metadata: { ...own, resourceVersion } }
    const path = `${this.#at(name)}?fieldManager=${FIELD_MANAGER}`
    const answer = await persist(`ConfigMap ${name} can't be changed`, () => this.#cluster.send('PATCH', path, body))
    const isOther = answer.status === 409 || answer.status === 404
    return isOther ? undefined : objectIn(answer, `ConfigMap ${name} can't be changed`)
  }

  /** Deletes this very ConfigMap, and not one of the same name that somebody created meanwhile. */
  async delete({ metadata: { name, uid } }: ConfigMap): Promise<void> {
    const body = { preconditions: { uid } }
    const failure = `ConfigMap ${name} can't be deleted`
    const answer = await persist(failure, () => this.#cluster.send('DELETE', this.#at(name), body))
    if (answer.status !== 404 && answer.status !== 409) objectIn(answer, failure)
  }

  #at(name: string): string {
    return `${this.#path}/${encodeURIComponent(name)}`
  }
}

/** Asks again when the API server can't be reached, or is busy: a restart of it does not end a rollout. */
async function persist(failure: string, ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask()
      if ((answer.status < 500 && answer.status !== 429) || attempt === ATTEMPTS) return answer
    } catch (error) {
      if (attempt === ATTEMPTS) throw new UsageError(`${failure}: ${messageOf(error)}`)
    }
    await delay(RETRY_MS)
  }
}

function objectIn({ status, body }: Answer, failure: string): ConfigMap {
  if (status >= 200 && status < 300) return JSON.parse(body) as ConfigMap
  throw new UsageError(`${failure}: ${messageIn(body)}`)
}
