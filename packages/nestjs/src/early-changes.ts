import type { Change, HotConfig, Unsubscribe } from '@hot-config/core'

type Deliver = (change: Change<unknown>) => unknown

/**
 * Keeps the changes between the first load and the app's bootstrap. A provider may already have read a value that changes
 * meanwhile. Such changes wait until all providers exist.
 */
export class EarlyChanges {
  readonly #delivery: Promise<Deliver>
  readonly #unsubscribe: Unsubscribe
  #begin!: (deliver: Deliver) => void

  constructor(config: HotConfig<unknown>) {
    this.#delivery = new Promise((resolve) => (this.#begin = resolve))
    this.#unsubscribe = config.onChange(async (change) => (await this.#delivery)(change))
  }

  /** Delivers the changes that were kept. Later ones are not kept. */
  deliver(deliver: Deliver): void {
    this.close()
    this.#begin(deliver)
  }

  close(): void {
    this.#unsubscribe()
  }
}
