import type { FileEntry, Reading, Source, Watch, WatchContext } from '@hot-config/core'
import { MAX_MS } from '@hot-config/core/internal'

import { Connection } from '../connection/connection.js'
import type { Target } from '../connection/target.js'
import { KubernetesError } from '../kubernetes-error.js'
import { Collection } from '../reflector/collection.js'
import type { Selection } from '../reflector/collection.js'
import type { HeldObject } from '../reflector/held-object.js'
import { Reflector } from '../reflector/reflector.js'
import { Store } from '../reflector/store.js'
import { ApiWatch } from './api-watch.js'
import { listOnce } from './list-once.js'

export interface ApiSourceOptions {
  readonly name: string
  readonly target: Target
  readonly selection: Selection
  readonly start: { readonly isRequired: boolean; readonly timeoutMs: number }
  /** Converts objects to entries. @throws when a required key is missing */
  readonly entriesOf: (objects: readonly HeldObject[]) => FileEntry[]
  /** Finds probable mistakes in objects. */
  readonly mistakesIn?: (objects: readonly HeldObject[]) => string[]
}

/** The minimum time limit for a source that is read without being watched, however short `startTimeoutMs` is. */
const MIN_READ_MS = 5_000

/** The time limit of core is this much later, so that the source fails first. Its error is more precise. */
const READ_TIMEOUT_MARGIN_MS = 5_000

/** The connection and the reflector of a source while it is watched. */
interface Following {
  readonly connection: Connection
  readonly reflector: Reflector
  /** The time limit of the start, by the monotonic clock and as a date. */
  readonly startsUntil: number
  readonly startsUntilDate: Date
}

/**
 * Objects of the Kubernetes API as a source. While the source is watched, a reflector holds the objects and reading
 * returns them. Otherwise reading asks the API server.
 */
export class ApiSource implements Source {
  readonly name: string
  readonly readTimeoutMs: number
  readonly #options: ApiSourceOptions
  readonly #readMs: number
  readonly #watches = new Set<ApiWatch>()
  readonly #waiting = new Set<() => void>()
  #following: Following | undefined

  constructor(options: ApiSourceOptions) {
    this.name = options.name
    this.#options = options
    this.#readMs = Math.max(options.start.timeoutMs, MIN_READ_MS)
    this.readTimeoutMs = Math.min(this.#readMs + READ_TIMEOUT_MARGIN_MS, MAX_MS)
  }

  async read(signal: AbortSignal): Promise<Reading> {
    signal.throwIfAborted()
    const following = this.#following
    if (!following) return this.#readOnce(signal)
    const { reflector, startsUntil } = following
    const { store } = reflector
    const { isRequired } = this.#options.start
    // The start is over without a result, so ask the API server directly.
    if (performance.now() > startsUntil && isRequired && store.objects.length === 0) return this.#readOnce(signal)
    await this.#untilStarted(following, signal)
    // The source is no longer watched.
    if (this.#following !== following) return this.#readOnce(signal)
    if (store.objects.length === 0 && isRequired) {
      throw this.#whyNothing(reflector) ?? following.connection.timedOut(this.#options.start.timeoutMs)
    }
    return this.#reading(store, reflector.stale)
  }

  watch(context: WatchContext): Watch {
    const source = {
      by: () => this.#by,
      warnings: () => this.#warnings(),
      lacksWatch: () => this.#following?.reflector.lacksWatch === true,
      stamp: () => this.#stamp(),
    }
    const watch = new ApiWatch(context, source, () => this.#unwatch(watch))
    this.#watches.add(watch)
    if (!this.#following) this.#follow()
    return watch
  }

  #follow(): void {
    const { target, selection, start } = this.#options
    const connection = new Connection(target)
    const collection = new Collection(connection, selection, target.timing)
    const reflector = new Reflector(collection, target.timing, {
      changed: () => this.#changed(),
      tried: () => this.#resume(),
    })
    this.#following = {
      connection,
      reflector,
      startsUntil: performance.now() + start.timeoutMs,
      startsUntilDate: new Date(Date.now() + start.timeoutMs),
    }
    reflector.start()
  }

  #changed(): void {
    const isAwaited = this.#waiting.size > 0
    this.#resume()
    if (!isAwaited) for (const watch of this.#watches) watch.changed()
    // A reading that waited for this has the result, so a notification would only cause another check.
    else setImmediate(() => this.#watches.forEach((watch) => watch.recheck()))
  }

  #resume(): void {
    for (const resume of this.#waiting) resume()
  }

  #unwatch(watch: ApiWatch): void {
    this.#watches.delete(watch)
    if (this.#watches.size > 0) return
    this.#following?.reflector.close()
    this.#following?.connection.close()
    this.#following = undefined
    this.#resume()
  }

  /** Whether there is nothing to read yet, and waiting may change that. */
  #isStarting({ store, listProblem }: Reflector): boolean {
    if (store.objects.length > 0 || listProblem?.isPermanent) return false
    return this.#options.start.isRequired || (store.version === undefined && listProblem === undefined)
  }

  /** Waits until there is something to read, waiting can't help, or the time limit of the start is over. */
  async #untilStarted(following: Following, signal: AbortSignal): Promise<void> {
    const { reflector, startsUntil } = following
    const isOver = (): boolean => !this.#isStarting(reflector) || this.#following !== following || signal.aborted
    const leftMs = startsUntil - performance.now()
    if (!isOver() && leftMs > 0) {
      await new Promise<void>((resolve) => {
        // The only timer that keeps the process alive, because the application waits for this start.
        const timer = setTimeout(end, leftMs)
        const resume = (): void => {
          if (isOver()) end()
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
    const store = new Store()
    store.replace(await listOnce(target, selection, this.#readMs, signal))
    if (store.objects.length === 0 && start.isRequired) throw this.#notFound()
    return this.#reading(store, false)
  }

  #reading(store: Store, stale: boolean): Reading {
    const { objects, goneSince, version } = store
    const isAbsent = objects.length === 0
    const immutable = objects.filter((object) => object.immutable).map(({ name }) => name)
    return {
      revision: revisionOf(objects),
      opaqueRevision: true,
      stamp: stampOf(store, stale),
      // Like the volume of a ConfigMap that was deleted.
      entries: goneSince ? [] : this.#options.entriesOf(objects),
      canIgnore: true,
      mayBeEmpty: !this.#options.start.isRequired,
      updatable: !stale && !goneSince,
      contentWarnings: this.#options.mistakesIn?.(objects) ?? [],
      warnings: [
        ...(goneSince ? [`was deleted, seen at ${goneSince.toISOString()}`] : []),
        ...(isAbsent && version !== undefined ? ['there is none: no value comes from it until there is one'] : []),
        ...(isAbsent && version === undefined ? ['was not read yet: no value comes from it until it is'] : []),
        ...(immutable.length > 0
          ? [`is immutable (${immutable.join(', ')}): delete it and create it again to change it`]
          : []),
      ],
    }
  }

  get #by(): string {
    return this.#following?.reflector.by ?? 'reconnecting'
  }

  #warnings(): readonly string[] {
    const following = this.#following
    if (!following) return []
    const { connection, reflector, startsUntil, startsUntilDate } = following
    const { by, problem, stale } = reflector
    if (this.#isStarting(reflector) && performance.now() < startsUntil) {
      const reason = this.#whyNothing(reflector)?.message ?? `waits for ${connection.waitsFor}`
      return [`not read yet, tries until ${startsUntilDate.toISOString()}: ${reason}`]
    }
    if (by === 'watch' || (!problem && !stale)) return []
    const since = `no watch since ${reflector.lostSince.toISOString()}`
    const reason = problem?.message ?? `waits for ${connection.waitsFor}`
    if (by === undefined) return [`${since}: ${reason}`]
    const { listMs } = this.#options.target.timing
    const isBuffered = problem?.problem === 'unreachable' || problem?.problem === 'silent'
    const hint = isBuffered ? '; a proxy that buffers answers does this (nginx: `proxy_buffering off`)' : ''
    const seconds = `${listMs / 1_000} to ${(3 * listMs) / 1_000} s`
    return [`${since}, so a list every ${seconds} replaces it: ${reason}${hint}`]
  }

  #stamp(): string | undefined {
    const reflector = this.#following?.reflector
    // Before the first objects arrive, no change can have been missed.
    return reflector && reflector.store.objects.length > 0 ? stampOf(reflector.store, reflector.stale) : undefined
  }

  /** The reason why there is nothing to read, or `undefined` while the first answer is still missing. */
  #whyNothing({ store, listProblem }: Reflector): KubernetesError | undefined {
    return listProblem ?? (store.version === undefined ? undefined : this.#notFound())
  }

  #notFound(): KubernetesError {
    const { kind, namespace, select } = this.#options.selection
    const what = 'name' in select ? `no ${kind} ${select.name}` : `no ${kind} with the labels ${select.labels}`
    return new KubernetesError('not-found', `there is ${what} in namespace ${namespace} (404)`)
  }
}

/** Says nothing about the content, which may be secret. */
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
