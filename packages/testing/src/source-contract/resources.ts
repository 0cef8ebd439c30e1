import { AsyncLocalStorage, createHook } from 'node:async_hooks'

/** A timer, a socket or a file watcher, which can keep the process alive. */
interface Resource {
  /** Whether it keeps the process alive now. */
  hasRef(): boolean
}

/** Tracks the resources that a call creates, directly or later, and no others in the process. */
export class Resources {
  readonly #inside = new AsyncLocalStorage<true>()
  readonly #made = new Map<number, { type: string; resource: Resource }>()
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (this.#inside.getStore() && 'hasRef' in resource) this.#made.set(id, { type, resource: resource as Resource })
    },
    destroy: (id) => {
      this.#made.delete(id)
    },
  })

  /** Calls `use` and tracks the resources that it creates, until `close()`. */
  during<R>(use: () => R): R {
    this.#hook.enable()
    return this.#inside.run(true, use)
  }

  /** Returns the types of the tracked resources that keep the process alive now, such as `Timeout`. */
  alive(): string[] {
    return [...this.#made.values()].filter(({ resource }) => resource.hasRef()).map(({ type }) => type)
  }

  close(): void {
    this.#hook.disable()
  }
}
