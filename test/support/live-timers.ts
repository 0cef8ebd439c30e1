import { createHook } from 'node:async_hooks'

/** Counts the timers of this process that wait, also those that don't keep it alive. */
export class LiveTimers implements Disposable {
  readonly #ids = new Set<number>()
  readonly #hook = createHook({
    init: (id, type) => {
      if (type === 'Timeout') this.#ids.add(id)
    },
    destroy: (id) => void this.#ids.delete(id),
  }).enable()

  get count(): number {
    return this.#ids.size
  }

  [Symbol.dispose](): void {
    this.#hook.disable()
  }
}
