const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Whether the process is asked to end, by Ctrl-C or SIGTERM. Keeps it alive, and from ending at once. */
export class StopSignal implements Disposable {
  readonly received: Promise<void>
  readonly #alive = setInterval(() => undefined, 2 ** 30)
  #receive = (): void => undefined

  constructor() {
    this.received = new Promise((resolve) => {
      this.#receive = resolve
    })
    for (const signal of SIGNALS) process.on(signal, this.#receive)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive)
    for (const signal of SIGNALS) process.off(signal, this.#receive)
  }
}
