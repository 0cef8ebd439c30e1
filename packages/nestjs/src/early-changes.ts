import type { Change, HotConfig, Unsubscribe } from '@hot-config/core'

type Deliver = (change: Change<unknown>) => unknown

/**
 * Keeps the changes between the first load and the app's bootstrap. Providers may have read what changes while others were
 * still being made, so all of them are told as soon as all exist.
 */
export class EarlyChanges {
  readonly #delivery: Promise<Deliver>
  readonly #unsubscribe: Unsubscribe
  #begin!: (deliver: Deliver) => void

  constructor(config: HotConfig<unknown>) {
    this.#delivery = new Promise((resolve) => (this.#begin = resolve))
    this.#unsubscribe = config.onChange(async (change) => (await this.#delivery)(change))
  }

  /** Delivers what was kept. Later changes are not kept. */
  deliver(deliver: Deliver): void {
    this.close()
    this.#begin(deliver)
  }

  close(): void {
    this.#unsubscribe()
  }
}
