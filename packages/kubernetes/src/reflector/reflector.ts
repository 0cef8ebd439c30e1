import { setTimeout as delay } from 'node:timers/promises'

import { KubernetesError, asKubernetesError } from '../kubernetes-error.js'
import type { Timing } from '../timing.js'
import { Backoff } from './backoff.js'
import type { Collection, WatchEvent } from './collection.js'
import { Replacement } from './replacement.js'
import { Silence } from './silence.js'
import { ANY_VERSION, StreamProbe } from './stream-probe.js'
import { Staleness } from './staleness.js'
import { Store } from './store.js'
import { WatchState } from './watch-state.js'

/** A watch that lasted for at least this part of the requested time was ended by that time limit. */
const MIN_LASTED_RATIO = 0.9

/**
 * The kind of the next list: any, one that is not older than the store, or one that the server reads from its storage.
 */
type ListKind = 'any' | 'not-older' | 'newest'

/** Observes a reflector. */
export interface ReflectorObserver {
  /** There is new content to read, or a new state to report. */
  changed(): void
  /** An attempt to list ended, successful or not. */
  tried(): void
}

/**
 * Follows a collection of objects as client-go's reflector does. It lists the objects, watches from the version of the
 * list, and resumes from the last version seen. It lists again when the server no longer knows that version, or when
 * the watch can't be trusted. While no watch works, lists at a slow rate replace it. It continues after every failure
 * until it is closed, and never keeps the process alive.
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
  readonly #silence: Silence
  readonly #replacement: Replacement
  readonly #probe: StreamProbe
  readonly #watchState = new WatchState()
  readonly #staleness = new Staleness(() => this.#report())
  /** The list that the next step begins with, `undefined` when the watch may resume. */
  #list: ListKind | undefined = 'any'
  /** The server said that it no longer knows a version, and nothing has arrived since. */
  #expired = false
  #listProblem: KubernetesError | undefined
  #watchProblem: KubernetesError | undefined
  #reported = 'watch'

  constructor(collection: Collection, timing: Timing, observer: ReflectorObserver) {
    this.#collection = collection
    this.#timing = timing
    this.#observer = observer
    this.#backoff = new Backoff(timing)
    this.#silence = new Silence(timing.silenceMs, timing.listMs)
    this.#replacement = new Replacement(timing)
    this.#probe = new StreamProbe(collection, timing)
  }

  /** The mechanism that notices updates now: an open watch, or lists that replace it. */
  get by(): 'watch' | 'list' | undefined {
    if (this.#replacement.isActive) return this.stale ? undefined : 'list'
    return this.#watchState.isOpen ? 'watch' : undefined
  }

  /** Whether no watch has worked since lists began to replace it. */
  get lacksWatch(): boolean {
    return this.#replacement.lacksWatch
  }

  /** Whether updates have not arrived for too long. */
  get stale(): boolean {
    return this.#staleness.isStale
  }

  /** Why there is no watch, when it failed. */
  get problem(): KubernetesError | undefined {
    return this.#listProblem ?? this.#watchProblem
  }

  /** Why the last list failed. */
  get listProblem(): KubernetesError | undefined {
    return this.#listProblem
  }

  /** Since when there is no watch. */
  get lostSince(): Date {
    return this.#watchState.lostSince
  }

  start(): void {
    this.#staleness.begin(this.#timing.staleMs)
    void this.#follow()
  }

  close(): void {
    this.#abort.abort()
    this.#staleness.end()
    this.#watchState.end()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      const pauseMs = await this.#step(signal)
      this.#report()
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Lists, if a list is due, and then watches until the watch ends. @returns the wait before the next step */
  async #step(signal: AbortSignal): Promise<number> {
    if (this.#list) {
      try {
        await this.#relist(this.#list, signal)
      } catch (error) {
        return signal.aborted ? 0 : this.#listFailed(asKubernetesError(error))
      }
    }
    try {
      return await this.#watch(signal)
    } catch (error) {
      return signal.aborted ? 0 : this.#watchFailed(asKubernetesError(error))
    }
  }

  async #relist(kind: ListKind, signal: AbortSignal): Promise<void> {
    const version = kind === 'newest' ? undefined : kind === 'any' ? '0' : this.store.version
    const list = await this.#collection.list(version, signal)
    signal.throwIfAborted()
    this.#list = undefined
    this.#listProblem = undefined
    this.#replacement.listed()
    const isFirst = this.store.version === undefined
    const missed = this.store.replace(list)
    this.#silence.listed(missed)
    this.#staleness.end()
    if (this.#replacement.isActive || this.#silence.isDeaf) {
      this.#useLists()
    } else {
      // The old problem is over: the next watch has its own result.
      this.#watchProblem = undefined
      this.#staleness.begin(this.#timing.staleMs)
    }
    if (missed || isFirst) this.#observer.changed()
    this.#report()
    this.#observer.tried()
  }

  async #watch(signal: AbortSignal): Promise<number> {
    const { watchMs, watchOpenMs, briefMs, requestTimeoutMs } = this.#timing
    const timeoutSeconds = Math.max(1, Math.round((watchMs * (1 + Math.random())) / 1_000))
    const startedAt = performance.now()
    const untilListMs = Math.max(briefMs, this.#replacement.nextListInMs)
    const silenceMs = this.#silence.isDeaf ? untilListMs : this.#silence.limitMs
    const request = {
      // What the server then sends at once shows whether watches receive anything again, also when nothing changes.
      from: this.#silence.canBeProbed ? ANY_VERSION : (this.store.version ?? ''),
      timeoutSeconds,
      openMs: Math.round(Math.min(this.#replacement.isActive ? untilListMs : watchOpenMs, requestTimeoutMs)),
      // The server itself should have ended the watch by then.
      silenceMs: Math.round(Math.min(silenceMs, timeoutSeconds * 1_000 + requestTimeoutMs)),
    }
    this.#watchState.requested()
    await this.#probe.watch(request, signal, {
      opened: () => this.#opened(),
      event: (event) => this.#apply(event),
      expectsObjects: () => this.store.objects.length > 0 && !this.#silence.isDeaf,
      deaf: () => this.#silence.isKnownDeaf(),
    })
    signal.throwIfAborted()
    const lastedMs = performance.now() - startedAt
    if (lastedMs < briefMs && !this.#watchState.hasEvents) {
      throw new KubernetesError('answer', 'the API server ends every watch at once')
    }
    this.#lost()
    // A server that shuts down ends all watches together. Without a wait, a whole fleet would return at the same time.
    if (lastedMs < timeoutSeconds * 1_000 * MIN_LASTED_RATIO) return this.#backoff.next()
    this.#watchState.reopens()
    this.#backoff.reset()
    return 0
  }

  #opened(): void {
    this.#watchState.opened()
    if (!this.#replacement.isActive) this.#trust()
    // Lists continue until the watch proves that it works. A watch behind a buffer proves it only by an event.
    else if (!this.#silence.isDeaf) this.#watchState.trustAfter(this.#timing.briefMs, () => this.#trust())
  }

  #trust(): void {
    this.#watchState.trusted()
    this.#replacement.watchTrusted()
    this.#watchProblem = undefined
    this.#listProblem = undefined
    this.#staleness.end()
    this.#report()
  }

  #apply(event: WatchEvent): void {
    const before = this.store.version
    const changed = this.store.apply(event)
    const isProof = this.store.version !== before || this.#silence.canBeProbed
    this.#watchState.heard()
    this.#expired = false
    this.#silence.heard(event.type === 'bookmark', isProof)
    if (isProof && this.#replacement.isActive) this.#trust()
    if (changed) this.#observer.changed()
  }

  /** There is no watch from now on. @returns whether there was one that worked */
  #lost(): boolean {
    const ended = this.#watchState.end()
    if (!ended) return false
    const { lastedMs, hasEvents } = ended
    const { healthyMs, briefMs } = this.#timing
    const worked = hasEvents || lastedMs >= briefMs
    if (lastedMs >= healthyMs) this.#backoff.reset()
    if (worked) this.#replacement.watchWorked()
    // A watch at a version that the server does not know yet looks like any other, but never brings anything.
    if (!hasEvents) this.#list ??= 'not-older'
    this.#staleness.begin(this.#timing.staleMs)
    return worked
  }

  /** Lists replace the watch from now on. */
  #useLists(): void {
    const { staleMs, listMs } = this.#timing
    this.#replacement.begin()
    this.#staleness.end()
    this.#staleness.begin(3 * listMs + staleMs)
  }

  /** @returns how long to wait before the next step */
  #listFailed(failure: KubernetesError): number {
    const { problem } = failure
    this.#listProblem = failure
    this.#silence.clear()
    if (problem === 'forbidden' || problem === 'unauthorized') this.#staleness.set()
    this.#observer.tried()
    // A server that rejects the version would reject it again.
    if (isAboutVersion(failure)) return this.#listAgain('newest', failure)
    return this.#backoff.next(failure.retryAfterMs)
  }

  /** @returns how long to wait before the next step */
  #watchFailed(failure: KubernetesError): number {
    const { problem } = failure
    const worked = this.#lost()
    this.#watchProblem = failure
    if (problem === 'silent') {
      this.#silence.suspect()
      this.#probe.doubt()
      this.#list = 'not-older'
      return 0
    }
    this.#silence.clear()
    if (isAboutVersion(failure)) return this.#listAgain('not-older', failure)
    // A list would fail as well, or it is not needed because the interrupted watch can resume.
    if (failure.isUnavailable || (worked && problem === 'unreachable')) {
      this.#replacement.end()
      return this.#backoff.next(failure.retryAfterMs)
    }
    this.#list ??= 'not-older'
    if (!this.#replacement.watchFailed()) return this.#backoff.next(failure.retryAfterMs)
    this.#useLists()
    return Math.max(this.#replacement.nextListInMs, this.#backoff.asked(failure.retryAfterMs))
  }

  /** Lists at once, but only the first time. */
  #listAgain(kind: ListKind, failure: KubernetesError): number {
    this.#list = kind
    const isRepeated = this.#expired
    this.#expired = true
    return isRepeated ? this.#backoff.next(failure.retryAfterMs) : 0
  }

  /** Notifies the observer when updates start or stop arriving, arrive in another way, or fail for another reason. */
  #report(): void {
    const now = this.stale ? `stale ${this.problem?.problem}` : this.lacksWatch ? 'list' : 'watch'
    if (now === this.#reported || this.#abort.signal.aborted) return
    this.#reported = now
    this.#observer.changed()
  }
}

/** Whether the server does not know the version, because it is too old or too new. */
function isAboutVersion({ problem }: KubernetesError): boolean {
  return problem === 'expired' || problem === 'ahead'
}
