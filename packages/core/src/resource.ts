import { isDeepStrictEqual } from 'node:util'

import type { DeepReadonly } from './deep-readonly.js'
import { within } from './within.js'

/** Something that is built from a part of the configuration and follows it, such as a connection pool. */
export interface Resource<R> {
  /** The one to use now. Read it each time it is needed. */
  readonly current: R
}

export interface ResourceOptions<R> {
  /** Ends one that is no longer used. What it throws is logged. */
  readonly dispose?: (resource: R) => unknown
  /** How long, in milliseconds, one that was replaced may still be used before it is disposed. Default 10,000. */
  readonly graceMs?: number
  /** How long, in milliseconds, building one may take. Default 30,000. */
  readonly timeoutMs?: number
}

/** Builds a resource. The signal aborts when it is no longer wanted, or takes too long. */
export type CreateResource<V, R> = (part: V, context: { readonly signal: AbortSignal }) => R | Promise<R>

const GRACE_MS = 10_000
const TIMEOUT_MS = 30_000

/** What was built for an update and waits for the swap. */
export interface Built {
  /** Puts it in the place of the one before. */
  readonly use: () => void
  /** Disposes of it: the update was refused. */
  readonly discard: () => void
}

/** Keeps one resource in step with its part of the configuration. */
export class LiveResource<T, V, R> implements Resource<R> {
  readonly #select: (value: DeepReadonly<T>) => V
  readonly #create: CreateResource<V, R>
  readonly #dispose: (resource: R) => unknown
  readonly #graceMs: number
  readonly #timeoutMs: number
  readonly #failed: (error: unknown) => void
  readonly #retired = new Map<R, NodeJS.Timeout>()
  #held: { readonly part: V; readonly resource: R } | undefined
  #closed = false

  constructor(
    select: (value: DeepReadonly<T>) => V,
    create: CreateResource<V, R>,
    options: ResourceOptions<R>,
    failed: (error: unknown) => void,
  ) {
    this.#select = select
    this.#create = create
    this.#dispose = options.dispose ?? (() => undefined)
    this.#graceMs = options.graceMs ?? GRACE_MS
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    this.#failed = failed
  }

  get current(): R {
    if (!this.#held) throw new TypeError('The resource is not built yet')
    return this.#held.resource
  }

  /** Builds one for a value, `undefined` when the one there is was built from the same part. */
  async build(value: DeepReadonly<T>, signal: AbortSignal): Promise<Built | undefined> {
    const part = this.#select(value)
    if (this.#held && isDeepStrictEqual(this.#held.part, part)) return undefined
    const resource = await within(
      this.#timeoutMs,
      signal,
      (limit) => this.#create(part, { signal: limit }),
      (late) => void this.#end(late),
    )
    return {
      use: () => {
        if (this.#closed) {
          void this.#end(resource)
          return
        }
        if (this.#held) this.#retire(this.#held.resource)
        this.#held = { part, resource }
      },
      discard: () => void this.#end(resource),
    }
  }

  /** Disposes of everything there is, and of whatever is still being built when it arrives. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#retired.values()) clearTimeout(timer)
    const all = [...this.#retired.keys(), ...(this.#held ? [this.#held.resource] : [])]
    this.#retired.clear()
    await Promise.all(all.map((resource) => this.#end(resource)))
  }

  #retire(resource: R): void {
    const timer = setTimeout(() => {
      this.#retired.delete(resource)
      void this.#end(resource)
    }, this.#graceMs)
    this.#retired.set(resource, timer.unref())
  }

  async #end(resource: R): Promise<void> {
    try {
      await this.#dispose(resource)
    } catch (error) {
      this.#failed(error)
    }
  }
}
