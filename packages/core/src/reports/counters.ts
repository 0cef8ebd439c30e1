import type { ReloadResult } from '../updates/reload.js'
import type { Step } from '../updates/state.js'

/** Counts what reloads came to since the first load, and what failed in code of the program. */
export class Counters {
  readonly reloads: Record<ReloadResult, number> = { changed: 0, unchanged: 0, rejected: 0 }
  listenerErrors = 0

  observe<T>({ before, outcome }: Step<T>): void {
    if (before.snapshot) this.reloads[outcome.type]++
  }
}
