import { differences } from './diff.js'
import type { Difference } from './diff.js'
import type { Issue } from './errors.js'
import { parsePath } from './paths.js'
import type { Redactor } from './redactor.js'
import type { Rejection } from './rejection.js'
import type { Change } from './snapshot.js'

export type HistoryEntry =
  | {
      readonly type: 'change'
      readonly at: string
      readonly version: number
      readonly digest: string
      /** What changed; values at redacted paths read `[redacted]`. */
      readonly differences: readonly Difference[]
    }
  | { readonly type: 'rejection'; readonly at: string; readonly message: string; readonly issues: readonly Issue[] }

const KEPT = 20

/** The last changes and rejections. Snapshots share what did not change, so keeping them costs little. */
export class History {
  #events: (Change<unknown> | Rejection)[] = []
  readonly #redactor: Redactor

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  add(event: Change<unknown> | Rejection): void {
    this.#events.push(event)
    if (this.#events.length > KEPT) this.#events.shift()
  }

  entries(): HistoryEntry[] {
    return this.#events.map((event) => {
      if ('error' in event) {
        return { type: 'rejection', at: event.at, message: event.message, issues: event.issues }
      }
      const { previous, next } = event
      return {
        type: 'change',
        at: next.loadedAt,
        version: next.version,
        digest: next.digest,
        differences: differences(previous.value, next.value).map(({ path, before, after }) => ({
          path,
          before: this.#redactor.show(before, parsePath(path)),
          after: this.#redactor.show(after, parsePath(path)),
        })),
      }
    })
  }
}
