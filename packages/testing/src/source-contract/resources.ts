import { AsyncLocalStorage, createHook } from 'node:async_hooks'

/** A timer, a socket, a watch of the file system: what can keep a process alive. */
interface Resource {
  /** Whether it does, now. */
  hasRef(): boolean
}

/** Follows the resources that are made in a call and in all that it leads to, whatever else happens in the process. */
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

  /** Follows what `use` makes, until `close()`. */
  during<R>(use: () => R): R {
    this.#hook.enable()
    return this.#inside.run(true, use)
  }

  /** What keeps the process alive now, by type, such as `Timeout`. */
  alive(): string[] {
    return [...this.#made.values()].filter(({ resource }) => resource.hasRef()).map(({ type }) => type)
  }

  close(): void {
    this.#hook.disable()
  }
}
