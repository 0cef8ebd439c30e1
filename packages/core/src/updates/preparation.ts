import { createAbort } from '../async/abort.js'
import { keepAlive } from '../async/keep-alive.js'
import { readOptions } from '../errors/option-checks.js'
import type { TableOf } from '../errors/option-checks.js'
import { milliseconds, requiredFunction } from '../errors/option-kinds.js'
import type { DeepReadonly } from '../trees/deep-readonly.js'
import type { ConfigError } from '../errors/errors.js'
import type { Unsubscribe } from '../async/listeners.js'
import type { ProgramRejection } from './rejection.js'
import type { Built, LiveResource } from './resource.js'
import type { Change } from '../snapshots/snapshot.js'
import { within } from '../async/time-limit.js'
import { whichOf } from './which-of-several.js'

/** The argument of a hook: the change before it is made. */
export interface ProposedChange<T> extends Change<T> {
  /** Aborts when a newer update replaces this one, after the time limit, and on `close()`. */
  readonly signal: AbortSignal
}

/**
 * A function that is called before an update is served. It vetoes the update by throwing, or by exceeding its time
 * limit.
 */
export type BeforeChangeHook<T> = (change: ProposedChange<T>) => unknown

export interface BeforeChangeOptions {
  /** The time limit of the hook, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

const TIMEOUT_MS = 10_000

const OPTIONS = { timeoutMs: milliseconds(TIMEOUT_MS) } satisfies TableOf<BeforeChangeOptions>

/** Prepares an update before the swap: runs hooks, which may veto it, and builds resources for it. */
export class Preparation<T> {
  readonly #hooks = new Set<{ readonly run: BeforeChangeHook<T>; readonly timeoutMs: number }>()
  readonly #resources = new Set<LiveResource<T, unknown, unknown>>()
  /** Resources that are built for the first time. */
  readonly #starting = new Set<LiveResource<T, unknown, unknown>>()

  /** Whether there are no hooks and no resources. */
  get isEmpty(): boolean {
    return this.#hooks.size === 0 && this.#resources.size === 0
  }

  /** @throws {OptionError} for a hook that is no function, or options that make no sense */
  addHook(run: BeforeChangeHook<T>, options: BeforeChangeOptions): Unsubscribe {
    const { timeoutMs } = readOptions(options, OPTIONS)
    const hook = { run: requiredFunction<BeforeChangeHook<T>>()(run, 'hook'), timeoutMs }
    this.#hooks.add(hook)
    return () => void this.#hooks.delete(hook)
  }

  /** Builds a resource from the current value, and again if that changed meanwhile. The process is kept alive until then. */
  async addResource<V, R>(
    added: LiveResource<T, V, R>,
    current: () => DeepReadonly<T>,
    signal: AbortSignal,
  ): Promise<void> {
    const resource = added as unknown as LiveResource<T, unknown, unknown>
    this.#starting.add(resource)
    try {
      let value: DeepReadonly<T>
      do {
        value = current()
        const building = resource.build(value, signal)
        keepAlive(building)
        const built = await building
        built?.use()
      } while (value !== current())
      signal.throwIfAborted()
      this.#resources.add(resource)
    } catch (error) {
      await resource.close()
      signal.throwIfAborted()
      throw error
    } finally {
      this.#starting.delete(resource)
    }
  }

  /**
   * Runs the hooks one after another, then builds the resources whose part changed, all together, and swaps: resources
   * and the snapshot change at one instant.
   *
   * @param rejected makes the error of an update that a hook or a resource rejected
   * @param isTakeBack whether the guard takes an update back: no hook may veto that, and earlier resources are used again
   * @throws {ConfigError} when a hook vetoes or a resource can't be built; nothing that was built is left then
   * @throws the reason of `signal` when that aborts; nothing is left then either
   */
  async run(
    change: Change<T>,
    signal: AbortSignal,
    rejected: (reason: ProgramRejection) => ConfigError,
    swap: () => void,
    isTakeBack = false,
  ): Promise<void> {
    const hooks = isTakeBack ? [] : Array.from(this.#hooks)
    for (const [index, hook] of hooks.entries()) {
      if (!this.#hooks.has(hook)) continue
      try {
        await within({ ms: hook.timeoutMs }, signal, (limit) => hook.run(proposed(change, limit)))
      } catch (error) {
        signal.throwIfAborted()
        const which = whichOf(
          'hook',
          index,
          hooks.map(({ run }) => run),
        )
        throw rejected({ code: 'HOT_CONFIG_VETO', what: 'vetoed before the change', which, error })
      }
    }
    const built = new Map<LiveResource<T, unknown, unknown>, Built | undefined>()
    try {
      // Repeated, because the application may add resources during a build. They were built from the value to be
      // replaced.
      for (let next = this.#without(built); next.length > 0; next = this.#without(built)) {
        await this.#buildAll(next, change.next.value, built, signal, rejected, isTakeBack)
      }
      signal.throwIfAborted()
    } catch (error) {
      for (const one of built.values()) one?.discard()
      throw error
    }
    for (const one of built.values()) one?.use()
    swap()
  }

  /** Says which resource it is, where its path does not, to follow a message: ` (resource createPool)`. */
  whichOf(resource: { readonly path: string | undefined }): string {
    const { path } = resource
    const all = Array.from(this.#resources)
    if (path !== undefined && all.filter((other) => other.path === path).length < 2) return ''
    const index = all.findIndex((other) => other === resource)
    const functions = all.map(({ create }) => create)
    return index < 0 ? '' : whichOf('resource', index, functions)
  }

  #without(built: ReadonlyMap<LiveResource<T, unknown, unknown>, unknown>): LiveResource<T, unknown, unknown>[] {
    return Array.from(this.#resources).filter((resource) => !built.has(resource))
  }

  /** Builds resources at the same time. The first failure aborts the others, because the update is rejected anyway. */
  async #buildAll(
    resources: readonly LiveResource<T, unknown, unknown>[],
    value: DeepReadonly<T>,
    built: Map<LiveResource<T, unknown, unknown>, Built | undefined>,
    signal: AbortSignal,
    rejected: (reason: ProgramRejection) => ConfigError,
    reuses: boolean,
  ): Promise<void> {
    const group = createAbort()
    const stop = (): void => group.abort(signal.reason)
    signal.addEventListener('abort', stop)
    let failure: ConfigError | undefined
    const build = async (resource: LiveResource<T, unknown, unknown>): Promise<void> => {
      try {
        built.set(resource, await resource.build(value, group.signal, reuses))
      } catch (error) {
        if (group.signal.aborted) return
        failure = rejected({
          code: 'HOT_CONFIG_RESOURCE',
          what: 'a resource could not be built',
          which: this.whichOf(resource),
          path: resource.path,
          error,
        })
        group.abort(failure)
      }
    }
    try {
      signal.throwIfAborted()
      await Promise.all(resources.map(build))
      signal.throwIfAborted()
      if (failure) throw failure
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Disposes of all resources, also of those that are still being built. The process is kept alive until then. */
  async close(): Promise<void> {
    this.#hooks.clear()
    const closing = Promise.all([...this.#resources, ...this.#starting].map((resource) => resource.close()))
    keepAlive(closing)
    await closing
  }
}

function proposed<T>(change: Change<T>, signal: AbortSignal): ProposedChange<T> {
  const { previous, next } = change
  return {
    previous,
    next,
    signal,
    get paths() {
      return change.paths
    },
  }
}
