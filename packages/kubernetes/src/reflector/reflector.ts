import { setTimeout as delay } from 'node:timers/promises'

import { KubernetesError } from '../kubernetes-error.js'
import type { Timing } from '../timing.js'
import { Backoff } from './backoff.js'
import type { Collection, WatchEvent } from './collection.js'
import { Store } from './store.js'

/** A watch that lasted for this part of the time asked for, in milliseconds per second, ended for that reason. */
const ASKED = 900

/** Hears of what a reflector does. */
export interface ReflectorObserver {
  /** There is something else to read, or to say about it. */
  changed(): void
  /** An attempt to read came to an end, good or bad. */
  tried(): void
}

/**
 * Follows a collection of objects the way client-go's reflector does: lists, watches from the version of the list,
 * resumes from the last version seen, and lists again when the server no longer knows that version or when the watch
 * can't be trusted. Goes on until it is closed, whatever happens. Never keeps the process alive.
 *
 * See https://github.com/kubernetes/client-go/blob/master/tools/cache/reflector.go
 */
export class Reflector {
  readonly store: Store = new Store()
  readonly #collection: Collection
  readonly #timing: Timing
  readonly #observer: ReflectorObserver
  readonly #abort = new AbortController()
  readonly #backoff: Backoff
  /** What the next step has to begin with a list for, and how new that must be; nothing when it may resume. */
  #list: 'as-is' | 'not-older' | 'newest' | undefined = 'as-is'
  /** How long a watch may be silent. Grows where silence proves to be innocent: not every server sends bookmarks. */
  #silenceMs: number
  /** The newest watch was ended for its silence, and what comes next shows whether anything was missed. */
  #suspected = false
  #openedAt: number | undefined
  /** Whether the newest watch brought anything. */
  #heard = false
  /** The server said that it no longer knows a version, and nothing came since. */
  #expired = false
  #lostSince = new Date()
  #problem: KubernetesError | undefined
  #stale = false
  #staleTimer: NodeJS.Timeout | undefined

  constructor(collection: Collection, timing: Timing, observer: ReflectorObserver) {
    this.#collection = collection
    this.#timing = timing
    this.#silenceMs = timing.silenceMs
    this.#observer = observer
    this.#backoff = new Backoff(timing)
  }

  /** Whether a watch is open now. */
  get watching(): boolean {
    return this.#openedAt !== undefined
  }

  /** Whether there is no watch, and that not just for a moment. */
  get stale(): boolean {
    return this.#stale
  }

  /** Why there is no watch, when that is no matter of course. */
  get problem(): KubernetesError | undefined {
    return this.#problem
  }

  /** Since when there is no watch. */
  get lostSince(): Date {
    return this.#lostSince
  }

  start(): void {
    this.#lost()
    void this.#follow()
  }

  close(): void {
    this.#abort.abort()
    clearTimeout(this.#staleTimer)
    this.#openedAt = undefined
  }

  async #follow(): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      let pauseMs: number
      try {
        pauseMs = await this.#step(signal)
      } catch (error) {
        if (signal.aborted) return
        pauseMs = this.#failed(error)
      }
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** One list, where one is due, and one watch to its end. @returns how long to wait before the next */
  async #step(signal: AbortSignal): Promise<number> {
    if (this.#list) await this.#relist(this.#list, signal)
    const { watchMs, briefMs, requestTimeoutMs } = this.#timing
    const timeoutMs = watchMs * (1 + Math.random())
    const timeoutSeconds = Math.max(1, Math.round(timeoutMs / 1_000))
    const startedAt = performance.now()
    this.#heard = false
    await this.#collection.watch(
      this.store.version ?? '',
      timeoutSeconds,
      // the server itself is to end it by then
      Math.min(this.#silenceMs, timeoutSeconds * 1_000 + requestTimeoutMs),
      signal,
      () => this.#opened(),
      (event) => this.#apply(event),
    )
    signal.throwIfAborted()
    const lastedMs = performance.now() - startedAt
    const asAsked = lastedMs >= timeoutSeconds * ASKED
    if (asAsked) this.#backoff.reset()
    this.#lost()
    if (lastedMs < briefMs && !this.#heard) {
      this.#problem = new KubernetesError('answer', 'the API server ends every watch at once')
    }
    // a server that shuts down ends all watches together
    return asAsked ? 0 : this.#backoff.next()
  }

  async #relist(how: 'as-is' | 'not-older' | 'newest', signal: AbortSignal): Promise<void> {
    const version = how === 'newest' ? undefined : how === 'as-is' ? '0' : this.store.version
    const list = await this.#collection.list(version, signal)
    signal.throwIfAborted()
    this.#list = undefined
    const first = this.store.version === undefined
    const missed = this.store.replace(list)
    if (this.#suspected) this.#silenceMs = missed ? this.#timing.silenceMs : this.#silenceMs * 2
    this.#suspected = false
    if (missed || first) this.#observer.changed()
    this.#observer.tried()
  }

  #opened(): void {
    this.#openedAt = performance.now()
    this.#problem = undefined
    clearTimeout(this.#staleTimer)
    if (!this.#stale) return
    this.#stale = false
    this.#observer.changed()
  }

  #apply(event: WatchEvent): void {
    this.#heard = true
    this.#expired = false
    if (event.type === 'bookmark') this.#silenceMs = this.#timing.silenceMs
    if (this.store.apply(event)) this.#observer.changed()
  }

  /** There is no watch, from now on. */
  #lost(): void {
    if (this.#openedAt !== undefined) {
      if (performance.now() - this.#openedAt >= this.#timing.healthyMs) this.#backoff.reset()
      // a watch at a version that the server does not know yet looks like any other and brings nothing, ever
      if (!this.#heard) this.#list ??= 'not-older'
      this.#openedAt = undefined
      this.#lostSince = new Date()
    }
    clearTimeout(this.#staleTimer)
    this.#staleTimer = setTimeout(() => this.#setStale(), this.#timing.staleMs).unref()
  }

  #setStale(): void {
    if (this.#abort.signal.aborted || this.#stale || this.watching) return
    this.#stale = true
    this.#observer.changed()
  }

  /** Decides how to go on after a failure. @returns how long to wait before */
  #failed(error: unknown): number {
    const failure = error instanceof KubernetesError ? error : new KubernetesError('answer', String(error))
    const { problem, retryAfterMs } = failure
    const listing = this.#list !== undefined && !this.watching
    if (this.watching) this.#lost()
    this.#problem = failure
    this.#suspected = problem === 'silent'
    this.#observer.tried()
    if (problem === 'silent') {
      this.#list = 'not-older'
      return 0
    }
    if (problem === 'expired' || problem === 'ahead') {
      // when it was a list that was refused, the version is of no use to a list either
      this.#list = listing ? 'newest' : 'not-older'
      const again = this.#expired
      this.#expired = true
      if (!again) return 0
    } else if (problem !== 'unreachable') {
      this.#list ??= 'not-older'
    }
    if (problem === 'forbidden' || problem === 'unauthorized') this.#setStale()
    const waitMs = this.#backoff.next()
    // a server that asks for time is given it, and a little more, so that not all are back at the same moment
    return retryAfterMs === undefined ? waitMs : Math.max(waitMs, retryAfterMs * (1 + Math.random() / 4))
  }
}
