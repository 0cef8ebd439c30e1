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

/** Selects objects of one kind in one namespace. */
export interface Selection {
  readonly kind: Kind
  readonly namespace: string
  /** The name of one object, or a label selector. */
  readonly select: { readonly name: string } | { readonly labels: string }
}

export interface ObjectList {
  /** The version of the whole collection: a watch starts from it. */
  readonly version: string
  readonly objects: readonly HeldObject[]
}

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'set' | 'deleted'; readonly version: string; readonly object: HeldObject }
  | { readonly type: 'bookmark'; readonly version: string }

/** A ConfigMap holds at most 1 MiB. Base64, escapes and the record of managers may make it ten times as large. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
/** A longer list comes from a selector that matches too much. */
const MAX_LIST_BYTES = 128 * 1024 * 1024

/** What is requested of a watch, and its limits. */
export interface WatchRequest {
  /** The version after which events are wanted. */
  readonly from: string
  /** The time after which the server should end the watch. */
  readonly timeoutSeconds: number
  /** The time limit for the start of the answer, in milliseconds. */
  readonly openMs: number
  /** The longest time without any data, in milliseconds. */
  readonly silenceMs: number
}

export interface WatchObserver {
  /** The answer has begun. */
  opened(): void
  event(event: WatchEvent): void
}

/** Lists and watches a selection of objects of one API server. */
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
   * @param notOlderThan the oldest version that the answer may have; `0` accepts what the server has in memory; without
   *   it, the server reads its storage
   * @throws {KubernetesError}
   */
  async list(notOlderThan: string | undefined, signal: AbortSignal): Promise<ObjectList> {
    const query = { ...this.#selector, ...(notOlderThan !== undefined && { resourceVersion: notOlderThan }) }
    const answer = await this.#connection.send({ path: this.#path, query, purpose: this.#purpose }, signal)
    const { kind } = this.selection
    const { requestTimeoutMs, answerMs } = this.#timing
    let list: unknown
    try {
      const limits = { silenceMs: requestTimeoutMs, totalMs: answerMs, maxBytes: MAX_LIST_BYTES }
      list = JSON.parse(await readBody(answer, limits))
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
   * Watches until the server ends the watch.
   *
   * @throws {KubernetesError} when the watch ends in any other way
   */
  async watch(wanted: WatchRequest, signal: AbortSignal, observer: WatchObserver): Promise<void> {
    const { from, timeoutSeconds, openMs, silenceMs } = wanted
    const query = {
      ...this.#selector,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(timeoutSeconds),
    }
    const request = { path: this.#path, query, purpose: this.#purpose, timeoutMs: openMs }
    const answer = await this.#connection.send(request, signal)
    const { 'content-type': type = 'json' } = answer.headers
    if (!type.includes('json')) {
      answer.destroy()
      throw notTheApi(type)
    }
    observer.opened()
    const lines = new Lines(MAX_LINE_BYTES)
    // The server should have ended it by then. A connection that brings a byte now and then is never silent.
    const limitMs = timeoutSeconds * 1_000 + this.#timing.requestTimeoutMs
    const timer = setTimeout(() => {
      answer.destroy(new Error(`it did not end within ${limitMs} ms`))
    }, limitMs).unref()
    try {
      for await (const chunk of readChunks(answer, silenceMs)) {
        for (const line of lines.push(chunk)) {
          signal.throwIfAborted()
          observer.event(this.#parse(line))
        }
      }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof KubernetesError) throw error
      if (error instanceof SilenceError) throw new KubernetesError('silent', error.message)
      throw new KubernetesError('unreachable', `the watch broke: ${messageOf(error)}`)
    } finally {
      clearTimeout(timer)
    }
  }

  #parse(line: string): WatchEvent {
    let event: unknown
    try {
      event = JSON.parse(line)
    } catch {
      throw new KubernetesError('answer', 'the watch sent a line that is not an event')
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
    if (!known || !isApiObject(object))
      throw new KubernetesError('answer', 'the watch sent a line that is not an event')
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
