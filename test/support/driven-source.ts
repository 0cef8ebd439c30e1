import type { Entry, Reading, Source } from '@hot-config/core'

import { gate } from './gate.ts'
import type { Gate } from './gate.ts'

/** The texts of files, by key. */
type Files = Readonly<Record<string, string>>

/** A source that a test drives by hand. */
export interface DrivenSource<T = unknown> extends Source {
  /** Holds this from now on, under a new revision. An error is what reading fails with. Does not notify. */
  set(next: T | Error): void
  /** Makes every reading wait until the next `set`, or until it is aborted. */
  hang(): void
  /** Says that something may have changed. */
  notify(): void
  /** How often it was read. */
  readonly reads: number
}

export interface DrivenSourceOptions<T> {
  readonly name?: string
  /** What a reading has besides its revision, or in place of it. By default what is held, as one value at the top. */
  readonly reading?: (held: T) => Partial<Reading>
  readonly watchWarnings?: readonly string[]
}

/** @param initial what it holds at first. A test may also change it in place, under the same revision */
export function drivenSource<T = unknown>(
  initial: NoInfer<T> | Error,
  { name = 'driven', reading = asValue, watchWarnings = [] }: DrivenSourceOptions<T> = {},
): DrivenSource<T> {
  const watchers = new Set<() => void>()
  let held: T | Error = initial
  let revision = 1
  let reads = 0
  let hanging: Gate | undefined
  return {
    name,
    async read(signal) {
      reads++
      if (hanging) await orAborted(hanging.passed, signal)
      if (held instanceof Error) throw held
      const named = String(revision)
      return { revision: named, stamp: named, entries: [], ...reading(held) }
    },
    watch({ changed }) {
      watchers.add(changed)
      return { by: `hand of ${name}`, warnings: watchWarnings, close: () => void watchers.delete(changed) }
    },
    set(next) {
      held = next
      revision++
      hanging?.open()
      hanging = undefined
    },
    hang() {
      hanging ??= gate()
    },
    notify: () => watchers.forEach((changed) => changed()),
    get reads() {
      return reads
    },
  }
}

const asValue = (held: unknown): Partial<Reading> => ({ entries: [{ path: [], value: held }] })

/** What is held, as a file: its bytes are the same as long as its text is. */
export const asJson = (held: unknown): Partial<Reading> => ({
  entries: fileEntries({ 'app.json': JSON.stringify(held) }),
})

/** Files by their keys, as a source of files returns them. */
export function fileEntries(files: Files, secret = false): Entry[] {
  return Object.entries(files).map(([key, text]) => ({ key, bytes: Buffer.from(text), secret }))
}

/** A source of files that a test drives by hand. It may be empty. */
export function drivenFiles(name: string, files: Files | Error = {}, secret = false): DrivenSource<Files> {
  return drivenSource<Files>(files, {
    name,
    reading: (held) => ({ entries: fileEntries(held, secret), mayBeEmpty: true }),
  })
}

function orAborted(passed: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    void passed.then(resolve)
  })
}
