/** Collects the warnings of Node, such as that of a leak of listeners. */
export class NodeWarnings implements Disposable {
  readonly #warnings: string[] = []
  readonly #warned = ({ name, message }: Error): void => void this.#warnings.push(`${name}: ${message}`)

  constructor() {
    process.on('warning', this.#warned)
  }

  /** @throws {Error} with those that came */
  mustBeNone(): void {
    if (this.#warnings.length > 0) throw new Error(`Node has warned: ${this.#warnings.join('; ')}`)
  }

  [Symbol.dispose](): void {
    process.off('warning', this.#warned)
  }
}
