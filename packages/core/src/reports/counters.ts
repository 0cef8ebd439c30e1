import type { ReloadResult } from '../updates/reload.js'
import type { Step } from '../updates/state.js'

/** Counts the results of reloads since the first load, and the errors of listeners. */
export class Counters {
  readonly reloads: Record<ReloadResult, number> = { changed: 0, unchanged: 0, rejected: 0 }
  listenerErrors = 0

  observe<T>({ before, outcome }: Step<T>): void {
    if (before.snapshot) this.reloads[outcome.type]++
  }
}
