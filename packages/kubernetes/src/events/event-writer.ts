import { randomBytes } from 'node:crypto'

import { readBody } from '../connection/body.js'
import { Connection } from '../connection/connection.js'
import type { ApiRequest } from '../connection/connection.js'
import type { Target } from '../connection/target.js'
import { KubernetesError } from '../kubernetes-error.js'
import { Backoff } from '../reflector/backoff.js'
import type { Occurrence } from './occurrence.js'
import type { PodReference } from './pod-reference.js'

export interface EventPace {
  /** The shortest time between two writes. */
  readonly minIntervalMs: number
  /** After this time without a repetition, the next occurrence is a new Event. */
  readonly seriesMs: number
}

/** One Event of the API, whether it was written already or not. */
interface Series {
  latest: Occurrence
  readonly first: Date
  count: number
  /** How many of `count` the API server knows about. */
  written: number
  /** The name of the Event at the API server, once it was created. */
  name: string | undefined
}

/** With more series than this at once, the oldest is dropped. */
const MAX_SERIES = 20
/** After this many failed writes, an occurrence is dropped. */
const MAX_ATTEMPTS = 5
const ANSWER_LIMITS = { silenceMs: 10_000, totalMs: 30_000, maxBytes: 1024 * 1024 }
const COMPONENT = 'hot-config'

/**
 * Writes Events about a pod, one at a time and never faster than the pace allows. Counts occurrences with the same key
 * in one Event. Best effort: tries a failed write a few times and then drops it, and never throws.
 */
export class EventWriter {
  readonly #connection: Connection
  readonly #pod: PodReference
  readonly #pace: EventPace
  readonly #backoff: Backoff
  readonly #abort = new AbortController()
  readonly #series = new Map<string, Series>()
  #attempts = 0
  #timer: NodeJS.Timeout | undefined
  #busy = false
  #notBefore = 0

  constructor(target: Target, pod: PodReference, pace: EventPace) {
    this.#connection = new Connection(target)
    this.#pod = pod
    this.#pace = pace
    this.#backoff = new Backoff(target.timing)
  }

  /** Adds an occurrence, which is written as soon as the pace allows. */
  add(occurrence: Occurrence): void {
    if (this.#abort.signal.aborted) return
    const { key, at } = occurrence
    const known = this.#series.get(key)
    this.#series.delete(key)
    if (known && at.getTime() - known.latest.at.getTime() < this.#pace.seriesMs) {
      known.latest = occurrence
      known.count++
      this.#series.set(key, known)
    } else {
      this.#series.set(key, { latest: occurrence, first: at, count: 1, written: 0, name: undefined })
    }
    const [oldest] = this.#series.keys()
    if (this.#series.size > MAX_SERIES && oldest !== undefined) this.#series.delete(oldest)
    this.#schedule()
  }

  /** Drops the occurrences that are not written yet. */
  close(): void {
    this.#abort.abort()
    clearTimeout(this.#timer)
    this.#connection.close()
    this.#series.clear()
  }

  #schedule(): void {
    if (this.#busy || this.#timer || this.#abort.signal.aborted) return
    const waitMs = Math.max(0, this.#notBefore - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#writeNext()
    }, waitMs).unref()
  }

  async #writeNext(): Promise<void> {
    const next = Array.from(this.#series.values()).find(({ count, written }) => count > written)
    if (!next) {
      // The next occurrence may be hours away, so no connection is kept open for it.
      this.#connection.close()
      return
    }
    this.#busy = true
    let waitMs = this.#pace.minIntervalMs
    try {
      await this.#write(next)
      this.#attempts = 0
      this.#backoff.reset()
    } catch (error) {
      if (++this.#attempts >= MAX_ATTEMPTS) {
        this.#attempts = 0
        next.written = next.count
      }
      // the API server deletes Events after an hour: create a new one
      if (error instanceof KubernetesError && error.problem === 'not-found') next.name = undefined
      waitMs += this.#backoff.next()
    }
    this.#busy = false
    this.#notBefore = performance.now() + waitMs
    this.#schedule()
  }

  async #write(series: Series): Promise<void> {
    const { namespace } = this.#pod
    const { count, latest, name } = series
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`
    const purpose = { resource: 'events', namespace, verbs: ['create', 'patch'] }
    const changing = { count, lastTimestamp: seconds(latest.at), message: latest.message }
    if (name !== undefined) {
      await this.#send({ method: 'PATCH', path: `${path}/${name}`, body: changing, purpose })
    } else {
      const fresh = `${this.#pod.name.slice(0, 200)}.${randomBytes(8).toString('hex')}`
      const body = { ...this.#newEvent(series, fresh), ...changing }
      await this.#send({ method: 'POST', path, body, purpose })
      series.name = fresh
    }
    series.written = count
  }

  #newEvent({ first, latest }: Series, name: string): object {
    const { namespace, uid } = this.#pod
    return {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: { name, namespace },
      involvedObject: { kind: 'Pod', apiVersion: 'v1', name: this.#pod.name, namespace, ...(uid && { uid }) },
      reason: latest.reason,
      type: latest.type,
      firstTimestamp: seconds(first),
      source: { component: COMPONENT },
      reportingComponent: COMPONENT,
      reportingInstance: this.#pod.name,
    }
  }

  async #send(request: ApiRequest): Promise<void> {
    const answer = await this.#connection.send(request, this.#abort.signal)
    // Node can reuse the connection only when the answer was read to its end.
    await readBody(answer, ANSWER_LIMITS)
  }
}

/** The API accepts whole seconds only. */
function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
