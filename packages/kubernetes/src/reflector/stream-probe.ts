import { KubernetesError } from '../kubernetes-error.js'
import type { Timing } from '../timing.js'
import type { Collection, WatchObserver, WatchRequest } from './collection.js'

/** Any version: the server sends all objects that it has at once, so a watch from here is never silent. */
export const ANY_VERSION = '0'

/** Observes a watch that is probed. */
export interface ProbedObserver extends WatchObserver {
  /** Whether the server has objects to send, and nothing is known of the watch yet. */
  expectsObjects(): boolean
  /** Nothing gets through, so the watch ends. */
  deaf(): void
}

/**
 * Finds out whether what a watch sends gets through. A quiet watch sends nothing for a minute or more, and so does one
 * behind a proxy that passes on the head of an answer and holds back its body. So while a watch has not brought anything
 * yet, a second watch asks for what the server has to send at once.
 */
export class StreamProbe {
  readonly #collection: Collection
  readonly #timing: Pick<Timing, 'probeAfterMs' | 'probeMs' | 'watchOpenMs'>
  #isProven = false

  constructor(collection: Collection, timing: Pick<Timing, 'probeAfterMs' | 'probeMs' | 'watchOpenMs'>) {
    this.#collection = collection
    this.#timing = timing
  }

  /**
   * Watches as {@link Collection.watch} does, and ends the watch when nothing gets through.
   *
   * @throws {KubernetesError} with the problem `silent` then
   */
  async watch(request: WatchRequest, signal: AbortSignal, observer: ProbedObserver): Promise<void> {
    const watch = linkedTo(signal)
    let timer: NodeJS.Timeout | undefined
    const probe = async (): Promise<void> => {
      const reason = await this.#probe(watch.signal)
      if (!reason || this.#isProven || watch.signal.aborted) return
      observer.deaf()
      watch.abort(reason)
    }
    try {
      await this.#collection.watch(request, watch.signal, {
        opened: () => {
          observer.opened()
          if (this.#isProven || !observer.expectsObjects()) return
          timer = setTimeout(() => void probe(), this.#timing.probeAfterMs).unref()
        },
        event: (event) => {
          this.#isProven = true
          observer.event(event)
        },
      })
    } finally {
      clearTimeout(timer)
      watch.end()
    }
  }

  /** The connection is no longer trusted: the next watch has to prove itself again. */
  doubt(): void {
    this.#isProven = false
  }

  /** @returns why watches bring nothing; `undefined` when they do, or when that can't be found out */
  async #probe(signal: AbortSignal): Promise<KubernetesError | undefined> {
    const { probeMs, watchOpenMs } = this.#timing
    const timeoutSeconds = Math.ceil((2 * probeMs) / 1_000) + 1
    const request = { from: ANY_VERSION, timeoutSeconds, openMs: watchOpenMs, silenceMs: probeMs }
    const second = linkedTo(signal)
    const event = (): void => {
      this.#isProven = true
      second.abort()
    }
    try {
      await this.#collection.watch(request, second.signal, { opened: () => undefined, event })
    } catch (error) {
      if (error instanceof KubernetesError && error.problem === 'silent') return error
    } finally {
      second.end()
    }
    return undefined
  }
}

/** A signal that aborts with another one, or by itself. `end` lets go of the other one, which may live much longer. */
function linkedTo(signal: AbortSignal): {
  readonly signal: AbortSignal
  readonly abort: (reason?: Error) => void
  readonly end: () => void
} {
  const abort = new AbortController()
  const follow = (): void => abort.abort(signal.reason)
  signal.addEventListener('abort', follow)
  if (signal.aborted) follow()
  return {
    signal: abort.signal,
    abort: (reason) => abort.abort(reason),
    end: () => signal.removeEventListener('abort', follow),
  }
}
