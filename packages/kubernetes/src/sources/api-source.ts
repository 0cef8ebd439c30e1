import type { FileEntry, Reading, Source, Watch, WatchContext } from '@hot-config/core'

import { Connection } from '../connection/connection.js'
import type { Target } from '../connection/target.js'
import { KubernetesError } from '../kubernetes-error.js'
import { Collection } from '../reflector/collection.js'
import type { Selection } from '../reflector/collection.js'
import type { HeldObject } from '../reflector/held-object.js'
import { Reflector } from '../reflector/reflector.js'
import { Store } from '../reflector/store.js'

export interface ApiSourceOptions {
  readonly name: string
  readonly target: Target
  readonly selection: Selection
  readonly start: { readonly isRequired: boolean; readonly timeoutMs: number }
  /** Makes entries of objects. @throws when they are not what was asked for */
  readonly entriesOf: (objects: readonly HeldObject[]) => FileEntry[]
}

/**
 * Objects of the Kubernetes API as a source. While it is watched, a reflector holds them, and reading gives what that
 * holds; else reading asks the API server.
 */
export class ApiSource implements Source {
  readonly name: string
  readonly #options: ApiSourceOptions
  readonly #watches = new Set<ApiWatch>()
  readonly #waiting = new Set<() => void>()
  #reflector: Reflector | undefined
  #connection: Connection | undefined
  #startedAt = 0

  constructor(options: ApiSourceOptions) {
    this.name = options.name
    this.#options = options
  }

  async read(signal: AbortSignal): Promise<Reading> {
    signal.throwIfAborted()
    const reflector = this.#reflector
    if (!reflector) return this.#readOnce(signal)
    const { store } = reflector
    const late = performance.now() > this.#startedAt + this.#options.start.timeoutMs
    // when the start failed there may be nothing to wait for: what there is to read now, the API server knows
    if (late && this.#options.start.isRequired && store.objects.length === 0) return this.#readOnce(signal)
    await this.#untilStarted(reflector, signal)
    if (store.objects.length > 0) return this.#reading(store, reflector.stale)
    if (this.#options.start.isRequired) throw reflector.problem ?? this.#absent(store)
    return this.#reading(store, reflector.stale)
  }

  watch(context: WatchContext): Watch {
    const watch = new ApiWatch(
      context,
      () => this.#reflector,
      () => this.#stamp(),
      () => this.#unwatch(watch),
    )
    this.#watches.add(watch)
    if (!this.#reflector) this.#start()
    return watch
  }

  #start(): void {
    const { target, selection } = this.#options
    this.#connection = new Connection(target)
    const collection = new Collection(this.#connection, selection, target.timing)
    this.#startedAt = performance.now()
    this.#reflector = new Reflector(collection, target.timing, {
      changed: () => this.#changed(),
      tried: () => this.#resume(),
    })
    this.#reflector.start()
  }

  #changed(): void {
    const waited = this.#waiting.size > 0
    this.#resume()
    if (!waited) for (const watch of this.#watches) watch.changed()
    // whoever waited for this reads it now, and need not be told of it
    else setImmediate(() => this.#watches.forEach((watch) => watch.recheck()))
  }

  #resume(): void {
    for (const resume of this.#waiting) resume()
  }

  #unwatch(watch: ApiWatch): void {
    this.#watches.delete(watch)
    if (this.#watches.size > 0) return
    this.#reflector?.close()
    this.#connection?.close()
    this.#reflector = undefined
    this.#resume()
  }

  /** Waits for what there is to read at the start; not at all later than that. */
  async #untilStarted(reflector: Reflector, signal: AbortSignal): Promise<void> {
    const { isRequired, timeoutMs } = this.#options.start
    const { store } = reflector
    const ready = (): boolean =>
      store.objects.length > 0 ||
      this.#reflector !== reflector ||
      signal.aborted ||
      (!isRequired && (store.version !== undefined || reflector.problem !== undefined))
    const leftMs = this.#startedAt + timeoutMs - performance.now()
    if (!ready() && leftMs > 0) {
      await new Promise<void>((resolve) => {
        // the only timer that keeps the process alive: somebody waits for what it bounds
        const timer = setTimeout(end, leftMs)
        const resume = (): void => {
          if (ready()) end()
        }
        const waiting = this.#waiting
        waiting.add(resume)
        signal.addEventListener('abort', resume)
        function end(): void {
          clearTimeout(timer)
          waiting.delete(resume)
          signal.removeEventListener('abort', resume)
          resolve()
        }
      })
    }
    signal.throwIfAborted()
  }

  async #readOnce(signal: AbortSignal): Promise<Reading> {
    const { target, selection, start } = this.#options
    const connection = new Connection(target)
    // keeps the process alive: somebody waits for the answer, and the connection alone would not
    const timer = setInterval(() => undefined, 2 ** 30)
    try {
      const store = new Store()
      store.replace(await new Collection(connection, selection, target.timing).list(undefined, signal))
      if (store.objects.length === 0 && start.isRequired) throw this.#absent(store)
      return this.#reading(store, false)
    } finally {
      clearInterval(timer)
      connection.close()
    }
  }

  #reading(store: Store, stale: boolean): Reading {
    const { objects, goneSince } = store
    const absent = objects.length === 0
    const immutable = objects.filter((object) => object.immutable).map(({ name }) => name)
    return {
      revision: revisionOf(objects),
      opaqueRevision: true,
      stamp: stampOf(store, stale),
      // what is gone holds nothing, as the volume of a ConfigMap that is gone
      entries: goneSince ? [] : this.#options.entriesOf(objects),
      canIgnore: true,
      mayBeEmpty: !this.#options.start.isRequired,
      updatable: !stale && !goneSince,
      warnings: [
        ...(goneSince ? [`was deleted, seen at ${goneSince.toISOString()}`] : []),
        ...(absent ? ['there is none; it gives nothing until there is'] : []),
        ...(immutable.length > 0 ? [`is immutable (${immutable.join(', ')}): it changes by being created again`] : []),
      ],
    }
  }

  #stamp(): string | undefined {
    const store = this.#reflector?.store
    // before that there is nothing that could have been missed
    return store && store.objects.length > 0 ? stampOf(store, this.#reflector?.stale === true) : undefined
  }

  #absent(store: Store): KubernetesError {
    const { kind, namespace, select } = this.#options.selection
    if (store.version === undefined) {
      return new KubernetesError('unreachable', `the API server did not answer in time`)
    }
    const what = 'name' in select ? `no ${kind} ${select.name}` : `no ${kind} with the labels ${select.labels}`
    return new KubernetesError('not-found', `there is ${what} in namespace ${namespace} (404)`)
  }
}

function revisionOf(objects: readonly HeldObject[]): string {
  const [first] = objects
  if (objects.length === 1 && first) return first.version
  return (
    objects
      .map(({ name, version }) => `${name}@${version}`)
      .sort()
      .join(' ') || 'none'
  )
}

function stampOf({ objects, goneSince }: Store, stale: boolean): string {
  return [revisionOf(objects), goneSince && 'gone', stale && 'stale'].filter(Boolean).join(' ')
}

/** One who follows the source. */
class ApiWatch implements Watch {
  readonly #context: WatchContext
  readonly #reflector: () => Reflector | undefined
  readonly #stamp: () => string | undefined
  readonly #unwatch: () => void
  readonly #timer: NodeJS.Timeout
  #closed = false

  constructor(
    context: WatchContext,
    reflector: () => Reflector | undefined,
    stamp: () => string | undefined,
    unwatch: () => void,
  ) {
    this.#context = context
    this.#reflector = reflector
    this.#stamp = stamp
    this.#unwatch = unwatch
    this.#timer = setInterval(() => this.recheck(), context.recheckMs).unref()
  }

  get by(): string {
    return this.#reflector()?.watching ? 'watch' : 'reconnecting'
  }

  get warnings(): readonly string[] {
    const reflector = this.#reflector()
    if (!reflector || reflector.watching || !reflector.problem) return []
    return [`no watch since ${reflector.lostSince.toISOString()}: ${reflector.problem.message}`]
  }

  changed(): void {
    if (!this.#closed) this.#context.changed()
  }

  /** Looks at memory, not at the API server: for a reading that failed although the reflector did its part. */
  recheck(): void {
    const stamp = this.#stamp()
    if (stamp !== undefined && stamp !== this.#context.lastStamp()) this.changed()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#unwatch()
  }
}
