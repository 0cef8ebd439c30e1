import type { DeepReadonly } from './deep-readonly.js'
import { ConfigError } from './errors.js'
import type { IssueCode } from './errors.js'
import type { Unsubscribe } from './hot-config.js'
import type { Built, LiveResource } from './resource.js'
import type { Change } from './snapshot.js'
import { within } from './within.js'

/** What a hook is shown: the step that is about to be taken. */
export interface ProposedChange<T> extends Change<T> {
  /** Aborts when a newer update takes the place of this one, when the time is over, and on `close()`. */
  readonly signal: AbortSignal
}

/** Sees an update before it is taken. Throwing, or not being done in time, vetoes it. */
export type BeforeChangeHook<T> = (change: ProposedChange<T>) => unknown

export interface BeforeChangeOptions {
  /** How long, in milliseconds, the hook may take. Default 10,000. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 10_000

/** What has to be done before an update is taken: hooks that may veto it, and resources that are built for it. */
export class Preparation<T> {
  readonly #hooks = new Set<{ readonly run: BeforeChangeHook<T>; readonly timeoutMs: number }>()
  readonly #resources = new Set<LiveResource<T, unknown, unknown>>()

  /** Whether there is nothing to do. */
  get isEmpty(): boolean {
    return this.#hooks.size === 0 && this.#resources.size === 0
  }

  addHook(run: BeforeChangeHook<T>, { timeoutMs = TIMEOUT_MS }: BeforeChangeOptions): Unsubscribe {
    const hook = { run, timeoutMs }
    this.#hooks.add(hook)
    return () => void this.#hooks.delete(hook)
  }

  /** Builds a resource from the value there is, and again for as long as an update came meanwhile. */
  async addResource<R>(
    resource: LiveResource<T, unknown, R>,
    current: () => DeepReadonly<T>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      let value: DeepReadonly<T>
      do {
        value = current()
        const built = await resource.build(value, signal)
        built?.use()
      } while (value !== current())
      signal.throwIfAborted()
    } catch (error) {
      await resource.close()
      throw error
    }
    this.#resources.add(resource as unknown as LiveResource<T, unknown, unknown>)
  }

  /**
   * Runs the hooks one after another, then builds the resources whose part changed, all together.
   *
   * @returns what was built, to be put in place with the swap, so that all change at one instant, or to be discarded
   * @throws {ConfigError} when a hook vetoes or a resource can't be built; then nothing that was built is left
   * @throws the reason of `signal` when that aborts
   */
  async run(change: Change<T>, signal: AbortSignal, describe: (error: unknown) => string): Promise<Built> {
    const refuse = (code: IssueCode, what: string, error: unknown): ConfigError => {
      signal.throwIfAborted()
      return ConfigError.of([{ code, message: `${what}: ${describe(error)}` }], { cause: error })
    }
    for (const { run, timeoutMs } of Array.from(this.#hooks)) {
      try {
        await within(timeoutMs, signal, (limit) => run(proposed(change, limit)))
      } catch (error) {
        throw refuse('HOT_CONFIG_VETO', 'vetoed before the change', error)
      }
    }
    const results = await Promise.allSettled(
      Array.from(this.#resources, (resource) => resource.build(change.next.value, signal)),
    )
    const built = results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []))
    const failure = results.find((result) => result.status === 'rejected')
    const prepared: Built = {
      use: () => {
        for (const { use } of built) use()
      },
      discard: () => {
        for (const { discard } of built) discard()
      },
    }
    if (failure) {
      prepared.discard()
      throw refuse('HOT_CONFIG_RESOURCE', 'a resource could not be built', failure.reason)
    }
    return prepared
  }

  /** Disposes of all resources. */
  async close(): Promise<void> {
    this.#hooks.clear()
    await Promise.all(Array.from(this.#resources, (resource) => resource.close()))
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
