import { requiredFunction } from '../errors/option-kinds.js'

export type Unsubscribe = () => void

/** Functions to call on an event. One that throws or rejects does not affect the others. */
export class Listeners<A extends readonly unknown[]> {
  readonly #listeners = new Set<{ call: (...args: A) => unknown }>()
  readonly #failed: (error: unknown) => void

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  /** @throws {OptionError} when the listener is not a function */
  add(call: (...args: A) => unknown): Unsubscribe {
    const listener = { call: requiredFunction<typeof call>()(call, 'listener') }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  /**
   * Calls all listeners, except those that one of them takes away meanwhile. It catches their errors and awaits none of
   * them.
   */
  notify(...args: A): void {
    for (const listener of Array.from(this.#listeners)) {
      if (!this.#listeners.has(listener)) continue
      const { call } = listener
      try {
        const result = call(...args)
        if (typeof result === 'object' || typeof result === 'function') Promise.resolve(result).catch(this.#failed)
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
