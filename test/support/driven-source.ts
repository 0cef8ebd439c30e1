import type { Source } from '@hot-config/core'

export interface DrivenSource<T> {
  readonly source: Source
  /** Has the source hold this, and does not say so. */
  set(next: T): void
  /** Says that something may have changed. */
  notify(): void
  /** How often it was read. */
  reads(): number
}

/** A source that a test drives by hand. */
export function drivenSource<T extends Readonly<Record<string, unknown>>>(
  initial: T,
  name = 'driven',
): DrivenSource<T> {
  let held = initial
  let revision = 1
  let reads = 0
  let changed = (): void => {}
  return {
    source: {
      name,
      read: async () => {
        reads++
        return { revision: String(revision), stamp: String(revision), entries: [{ path: [], value: held }] }
      },
      watch: (context) => {
        changed = context.changed
        return { by: 'hand', warnings: [], close: () => (changed = () => {}) }
      },
    },
    set(next) {
      held = next
      revision++
    },
    notify: () => changed(),
    reads: () => reads,
  }
}

/** A promise and what settles it. */
export interface Gate<R = void> {
  readonly passed: Promise<R>
  open(result: R): void
  fail(error: unknown): void
}

export function gate<R = void>(): Gate<R> {
  let open!: (result: R) => void
  let fail!: (error: unknown) => void
  const passed = new Promise<R>((resolve, reject) => ([open, fail] = [resolve, reject]))
  return { passed, open, fail }
}
