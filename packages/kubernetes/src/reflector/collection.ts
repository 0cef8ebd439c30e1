import { messageOf } from '@hot-config/core/internal'

import type { Connection } from '../connection/connection.js'
import type { Purpose } from '../connection/purpose.js'
import { SilenceError, readBody, readChunks } from '../connection/body.js'
import { failureOfStatus } from '../connection/failure.js'
import { KubernetesError } from '../kubernetes-error.js'
import type { Timing } from '../timing.js'
import { holdObject, isApiObject, isRecord } from './held-object.js'
import type { HeldObject, Kind } from './held-object.js'
import { Lines } from './lines.js'

/** Which objects: all of a kind in a namespace that a selector takes. */
export interface Selection {
  readonly kind: Kind
  readonly namespace: string
  /** The one object that is meant, or a label selector. */
  readonly select: { readonly name: string } | { readonly labels: string }
}

export interface ObjectList {
  /** The version of the whole collection, to watch from. */
  readonly version: string
  readonly objects: readonly HeldObject[]
}

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'set' | 'deleted'; readonly version: string; readonly object: HeldObject }
  | { readonly type: 'bookmark'; readonly version: string }

/** A ConfigMap holds at most 1 MiB; base64, the record of managers and escapes may make ten times that of it. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
/** More than that of configuration is a selector that takes too much. */
const MAX_LIST_BYTES = 128 * 1024 * 1024

/** A selection of objects behind an API server: the two requests of the reflector. */
export class Collection {
  readonly selection: Selection
  readonly #connection: Connection
  readonly #timing: Timing
  readonly #path: string
  readonly #selector: Readonly<Record<string, string>>
  readonly #purpose: Purpose

  constructor(connection: Connection, selection: Selection, timing: Timing) {
    const { kind, namespace, select } = selection
    const resource = kind === 'Secret' ? 'secrets' : 'configmaps'
    this.selection = selection
    this.#connection = connection
    this.#timing = timing
    this.#path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`
    this.#selector =
      'name' in select ? { fieldSelector: `metadata.name=${select.name}` } : { labelSelector: select.labels }
    this.#purpose = { resource, namespace, verbs: ['list', 'watch'], ...('name' in select && { name: select.name }) }
  }

  /**
   * Reads all objects.
   *
   * @param notOlderThan a version that the answer must be as new as; `0` takes what the server has at hand; without it,
   *   the server asks its storage
   */
  async list(notOlderThan: string | undefined, signal: AbortSignal): Promise<ObjectList> {
    const query = { ...this.#selector, ...(notOlderThan !== undefined && { resourceVersion: notOlderThan }) }
    const answer = await this.#connection.send({ path: this.#path, query, purpose: this.#purpose }, signal)
    const { kind } = this.selection
    let list: unknown
    try {
      list = JSON.parse(await readBody(answer, this.#timing.requestTimeoutMs, MAX_LIST_BYTES))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SyntaxError) throw notTheApi(answer.headers['content-type'])
      throw new KubernetesError('unreachable', `the connection to the API server failed: ${messageOf(error)}`)
    }
    const metadata = isRecord(list) && list['kind'] === `${kind}List` ? list['metadata'] : undefined
    const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined
    const items = isRecord(list) ? (list['items'] ?? []) : []
    if (typeof version !== 'string' || !Array.isArray(items) || !items.every(isApiObject)) {
      throw notTheApi(answer.headers['content-type'])
    }
    return { version, objects: items.map((item) => holdObject(item, kind)) }
  }

  /**
   * Watches until the server ends it.
   *
   * @param from the version after which events are wanted
   * @param silenceMs how long nothing may come
   * @param onOpen called when the server has begun to answer
   * @throws {KubernetesError} when the watch ends in any other way
   */
  async watch(
    from: string,
    timeoutSeconds: number,
    silenceMs: number,
    signal: AbortSignal,
    onOpen: () => void,
    onEvent: (event: WatchEvent) => void,
  ): Promise<void> {
    const query = {
      ...this.#selector,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(timeoutSeconds),
    }
    const answer = await this.#connection.send({ path: this.#path, query, purpose: this.#purpose }, signal)
    onOpen()
    const lines = new Lines(MAX_LINE_BYTES)
    try {
      for await (const chunk of readChunks(answer, silenceMs)) {
        for (const line of lines.push(chunk)) {
          signal.throwIfAborted()
          onEvent(this.#parse(line))
        }
      }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof KubernetesError) throw error
      if (error instanceof SilenceError) throw new KubernetesError('silent', error.message)
      throw new KubernetesError('unreachable', `the watch broke: ${messageOf(error)}`)
    }
  }

  #parse(line: string): WatchEvent {
    let event: unknown
    try {
      event = JSON.parse(line)
    } catch {
      throw new KubernetesError('answer', 'the watch sent a line that is no event')
    }
    const object = isRecord(event) && event['object']
    const type = isRecord(event) ? event['type'] : undefined
    if (type === 'ERROR' && isRecord(object)) throw failureOfStatus(object, this.#purpose)
    if (type === 'BOOKMARK') {
      const metadata = isRecord(object) ? object['metadata'] : undefined
      const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined
      if (typeof version === 'string') return { type: 'bookmark', version }
    }
    const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED'
    if (!known || !isApiObject(object)) throw new KubernetesError('answer', 'the watch sent a line that is no event')
    return {
      type: type === 'DELETED' ? 'deleted' : 'set',
      version: object.metadata.resourceVersion,
      object: holdObject(object, this.selection.kind),
    }
  }
}

function notTheApi(contentType = 'something without a type'): KubernetesError {
  return new KubernetesError('answer', `what answered is not an API server: it sent ${contentType}`)
}
