/** When the values were seen that somebody waits for, each a count. */
export class Sightings {
  #count = 0
  #at = 0
  #awaited: { readonly count: number; readonly resolve: () => void } | undefined

  /** This value is readable now. */
  saw(count: number): void {
    if (count === this.#count) return
    this.#at = performance.now()
    this.#count = count
    if (this.#awaited?.count === count) this.#awaited.resolve()
  }

  /** @returns when it was seen, by `performance.now()`; `undefined` when it was not within `withinMs` */
  async when(count: number, withinMs: number): Promise<number | undefined> {
    if (this.#count !== count) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, withinMs)
        const resolve = (): void => {
          clearTimeout(timer)
          done()
        }
        this.#awaited = { count, resolve }
      })
      this.#awaited = undefined
    }
    return this.#count === count ? this.#at : undefined
  }
}
