import { createAbort } from '../async/abort.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { milliseconds, optionalFunction, requiredFunction } from '../errors/option-kinds.js'
import { selectorOf } from '../trees/path.js'
import type { Selector } from '../trees/path-types.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { isSame } from '../trees/equal.js'
import { within } from '../async/time-limit.js'

/**
 * Something that is built from a part of the configuration and rebuilt when that changes, such as a connection pool.
 */
export interface Resource<R> {
  /** The resource to use now. Read it each time you need it. */
  readonly current: R
}

export interface ResourceOptions<R> {
  /** Ends a resource that is no longer used. Errors are logged. */
  readonly dispose?: ((resource: R) => unknown) | undefined
  /** How long a replaced resource may still be used before it is disposed of, in milliseconds. Default 10,000. */
  readonly graceMs?: number | undefined
  /** How long `create` may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * Builds a resource. The signal aborts when the resource is no longer needed or takes too long, and never after that.
 */
export type CreateResource<V, R> = (part: V, context: { readonly signal: AbortSignal }) => R | Promise<R>

const GRACE_MS = 10_000
const TIMEOUT_MS = 30_000

/** How long `dispose` may take, in milliseconds. `close()` waits no longer. */
const DISPOSE_TIMEOUT_MS = 10_000

/** The table of {@link ResourceOptions}. */
export const RESOURCE_OPTIONS: TableOf<ResourceOptions<unknown>, 'graceMs' | 'timeoutMs'> = {
  dispose: optionalFunction<(resource: unknown) => unknown>(),
  graceMs: milliseconds(GRACE_MS),
  timeoutMs: milliseconds(TIMEOUT_MS),
}

/** A signal that never aborts: a replaced resource is disposed of whatever happens. */
const NEVER = createAbort().signal

/** A resource that was built for an update and waits for the swap. */
export interface Built {
  /** Replaces the resource before. */
  readonly use: () => void
  /** Disposes of it, because the update was rejected. */
  readonly discard: () => void
}

/** Rebuilds one resource when its part of the configuration changes. */
export class LiveResource<T, V, R> implements Resource<R> {
  /** The path of its part, if the program named one. */
  readonly path: string | undefined
  readonly create: CreateResource<V, R>
  readonly #select: (value: DeepReadonly<T>) => V
  readonly #dispose: (resource: R) => unknown
  readonly #graceMs: number
  readonly #timeoutMs: number
  readonly #failed: (error: unknown) => void
  readonly #retired = new Map<R, { readonly part: V; readonly timer: NodeJS.Timeout }>()
  /** The calls of `dispose` in progress. */
  readonly #ending = new Set<Promise<void>>()
  #held: { readonly part: V; readonly resource: R } | undefined
  #closed: Promise<void> | undefined

  /** @throws {OptionError} when `create` is no function, or options make no sense */
  constructor(
    what: string | ((value: DeepReadonly<T>) => V),
    create: CreateResource<V, R>,
    options: ResourceOptions<R>,
    failed: (error: unknown) => void,
  ) {
    const { dispose = () => undefined, graceMs, timeoutMs } = readOptions(options, RESOURCE_OPTIONS)
    this.path = typeof what === 'string' ? what : undefined
    this.#select = selectorOf(what as string | Selector<T, unknown>) as (value: DeepReadonly<T>) => V
    this.create = requiredFunction<CreateResource<V, R>>()(create, 'create')
    this.#dispose = dispose
    this.#graceMs = graceMs
    this.#timeoutMs = timeoutMs
    this.#failed = failed
  }

  get current(): R {
    if (!this.#held) throw new TypeError('The resource is not built yet')
    return this.#held.resource
  }

  /**
   * Builds a resource for a value. Returns `undefined` when the current one was built from the same part.
   *
   * @param reuses whether one in its grace time that was built from the same part is used again
   */
  async build(value: DeepReadonly<T>, signal: AbortSignal, reuses = false): Promise<Built | undefined> {
    const part = this.#select(value)
    if (this.#held && isSame(this.#held.part, part)) return undefined
    const retired = reuses ? this.#reclaim(part) : undefined
    if (retired) return retired
    const discard = (unwanted: R): void => {
      // `create` may return a resource that it returned before.
      if (!this.#isKept(unwanted)) this.#end(unwanted)
    }
    const create = (limit: AbortSignal): R | Promise<R> => this.create(part, { signal: limit })
    const resource = await within({ ms: this.#timeoutMs }, signal, create, discard)
    return {
      use: () => {
        if (this.#closed) discard(resource)
        else this.#hold(part, resource)
      },
      discard: () => discard(resource),
    }
  }

  /** Disposes of all resources, and of those that are still being built as soon as they are built. */
  close(): Promise<void> {
    // In a microtask: `dispose` may close the configuration.
    return (this.#closed ??= Promise.resolve().then(() => this.#endAll()))
  }

  async #endAll(): Promise<void> {
    for (const { timer } of this.#retired.values()) clearTimeout(timer)
    for (const resource of this.#retired.keys()) this.#end(resource)
    if (this.#held) this.#end(this.#held.resource)
    await Promise.all(this.#ending)
  }

  #hold(part: V, resource: R): void {
    const before = this.#held
    this.#held = { part, resource }
    clearTimeout(this.#retired.get(resource)?.timer)
    this.#retired.delete(resource)
    if (before && before.resource !== resource) this.#retire(before.resource, before.part)
  }

  #retire(resource: R, part: V): void {
    const timer = setTimeout(() => {
      this.#retired.delete(resource)
      this.#end(resource)
    }, this.#graceMs)
    this.#retired.set(resource, { part, timer: timer.unref() })
  }

  /** Keeps a resource in its grace time from being disposed of, until it is known whether it is used again. */
  #reclaim(part: V): Built | undefined {
    const found = Array.from(this.#retired).find(([, retired]) => isSame(retired.part, part))
    if (!found || this.#closed) return undefined
    const [resource, retired] = found
    clearTimeout(retired.timer)
    // all that are retired end with `close()`
    const unlessClosed = (then: () => void) => () => void (this.#closed || then())
    return {
      use: unlessClosed(() => this.#hold(retired.part, resource)),
      discard: unlessClosed(() => this.#retire(resource, retired.part)),
    }
  }

  #isKept(resource: R): boolean {
    return this.#held?.resource === resource || this.#retired.has(resource)
  }

  #end(resource: R): void {
    const limit = { ms: DISPOSE_TIMEOUT_MS, what: 'not disposed of' }
    const ending = within(limit, NEVER, () => this.#dispose(resource)).then(() => undefined, this.#failed)
    this.#ending.add(ending)
    void ending.then(() => this.#ending.delete(ending))
  }
}
