/** Keeps for each request, in a slot of the request itself, the value that was current when it was first asked for. */
export class RequestPin<T> {
  /** The slot. */
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

/** Private, so that whatever prints a request shows nothing of the configuration. */
class Pin<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }
}
