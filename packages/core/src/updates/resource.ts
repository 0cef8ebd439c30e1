import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { milliseconds, optionalFunction, requiredFunction } from '../errors/option-kinds.js'
import { selectorOf } from '../trees/path.js'
import type { Selector } from '../trees/path-types.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import { isSame } from '../trees/equal.js'
import { within } from '../async/time-limit.js'

/** Something that is built from a part of the configuration and follows it, such as a connection pool. */
export interface Resource<R> {
  /** The one to use now. Read it each time it is needed. */
  readonly current: R
}

export interface ResourceOptions<R> {
  /** Ends one that is no longer used. What it throws is logged. */
  readonly dispose?: ((resource: R) => unknown) | undefined
  /** How long, in milliseconds, one that was replaced may still be used before it is disposed of. Default 10,000. */
  readonly graceMs?: number | undefined
  /** How long, in milliseconds, building one may take. Default 30,000. */
  readonly timeoutMs?: number | undefined
}

/** Builds a resource. The signal aborts when it is no longer wanted, or takes too long; never once it is built. */
export type CreateResource<V, R> = (part: V, context: { readonly signal: AbortSignal }) => R | Promise<R>

const GRACE_MS = 10_000
const TIMEOUT_MS = 30_000

/** How long disposing of one may take, in milliseconds. `close()` waits no longer. */
const DISPOSE_TIMEOUT_MS = 10_000

/** The table of {@link ResourceOptions}. */
export const RESOURCE_OPTIONS: TableOf<ResourceOptions<unknown>, 'graceMs' | 'timeoutMs'> = {
  dispose: optionalFunction<(resource: unknown) => unknown>(),
  graceMs: milliseconds(GRACE_MS),
  timeoutMs: milliseconds(TIMEOUT_MS),
}

/** A signal that does not abort: what was replaced is disposed of whatever happens. */
const NEVER = new AbortController().signal

/** What was built for an update and waits for the swap. */
export interface Built {
  /** Puts it in the place of the one before. */
  readonly use: () => void
  /** Disposes of it: the update was refused. */
  readonly discard: () => void
}

/** Keeps one resource in step with its part of the configuration. */
export class LiveResource<T, V, R> implements Resource<R> {
  /** Of the part that it is built from, where that was named by a path. */
  readonly path: string | undefined
  readonly #select: (value: DeepReadonly<T>) => V
  readonly #create: CreateResource<V, R>
  readonly #dispose: (resource: R) => unknown
  readonly #graceMs: number
  readonly #timeoutMs: number
  readonly #failed: (error: unknown) => void
  readonly #retired = new Map<R, NodeJS.Timeout>()
  /** What is being disposed of. */
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
    this.#create = requiredFunction<CreateResource<V, R>>()(create, 'create')
    this.#dispose = dispose
    this.#graceMs = graceMs
    this.#timeoutMs = timeoutMs
    this.#failed = failed
  }

  get current(): R {
    if (!this.#held) throw new TypeError('The resource is not built yet')
    return this.#held.resource
  }

  /** Builds one for a value, `undefined` when the one there is was built from the same part. */
  async build(value: DeepReadonly<T>, signal: AbortSignal): Promise<Built | undefined> {
    const part = this.#select(value)
    if (this.#held && isSame(this.#held.part, part)) return undefined
    const discard = (unwanted: R): void => {
      // `create` may give one that it gave before
      if (!this.#isKept(unwanted)) this.#end(unwanted)
    }
    const create = (limit: AbortSignal): R | Promise<R> => this.#create(part, { signal: limit })
    const resource = await within({ ms: this.#timeoutMs }, signal, create, discard)
    return {
      use: () => {
        if (this.#closed) discard(resource)
        else this.#hold(part, resource)
      },
      discard: () => discard(resource),
    }
  }

  /** Disposes of everything there is, and of whatever is still being built when it arrives. */
  close(): Promise<void> {
    // later, as what disposes of one may close all
    return (this.#closed ??= Promise.resolve().then(() => this.#endAll()))
  }

  async #endAll(): Promise<void> {
    for (const timer of this.#retired.values()) clearTimeout(timer)
    for (const resource of this.#retired.keys()) this.#end(resource)
    if (this.#held) this.#end(this.#held.resource)
    await Promise.all(this.#ending)
  }

  #hold(part: V, resource: R): void {
    const before = this.#held
    this.#held = { part, resource }
    clearTimeout(this.#retired.get(resource))
    this.#retired.delete(resource)
    if (before && before.resource !== resource) this.#retire(before.resource)
  }

  #retire(resource: R): void {
    const timer = setTimeout(() => {
      this.#retired.delete(resource)
      this.#end(resource)
    }, this.#graceMs)
    this.#retired.set(resource, timer.unref())
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
