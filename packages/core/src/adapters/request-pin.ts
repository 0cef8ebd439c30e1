/**
 * Keeps one value for each request, in a property of the request itself: the one that was current at the first read.
 */
export class RequestPin<T> {
  /** The key of the property. */
  readonly slot: symbol = Symbol('hot-config')
  readonly #current: () => T

  constructor(current: () => T) {
    this.#current = current
  }

  of(request: object): T {
    const slots = request as Record<symbol, Pin<T> | undefined>
    return (slots[this.slot] ??= new Pin(this.#current())).value
  }
}

/** The value is private, so that code that prints a request shows nothing of the configuration. */
class Pin<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }
}
