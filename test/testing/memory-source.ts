import type { Reading, Source, WatchContext } from '@hot-config/core'
import { sourceContract } from '@hot-config/testing'
import type { SourceCapabilities, SourceFixture } from '@hot-config/testing'

/** Runs the suite with a runner that only collects, and gives the names of the tests that failed with their errors. */
export async function failuresOf(
  factory: () => SourceFixture,
  capabilities: Partial<SourceCapabilities> = {},
): Promise<Record<string, Error>> {
  const tests: { name: string; body: () => Promise<void> }[] = []
  sourceContract({
    describe: (_name, body) => {
      body()
    },
    it: (name, body) => tests.push({ name, body }),
    factory,
    capabilities,
    withinMs: 500,
  })
  const failures: Record<string, Error> = {}
  // at the same time: each has a source of its own, and waiting in vain takes long
  await Promise.all(
    tests.map(({ name, body }) =>
      body().catch((error: unknown) => {
        failures[name] = error as Error
      }),
    ),
  )
  return failures
}

/** What is behind a source in memory. */
export class Store {
  version = 1
  present = true
  readonly watchers = new Set<() => void>()

  notify(): void {
    for (const changed of Array.from(this.watchers)) changed()
  }

  reading(version = this.version): Reading {
    if (!this.present) throw new Error('there is nothing')
    const stamp = String(version)
    const entries = ['a.json', 'b.json'].map((key) => ({ key, bytes: Buffer.from(`{ "version": ${version} }`) }))
    return { revision: stamp, stamp, entries }
  }
}

/** How one source differs from the one that keeps every guarantee. */
export interface Difference {
  readonly read?: (store: Store, signal: AbortSignal) => Promise<Reading>
  /** What happens when the watch starts. What comes back runs when it is closed. */
  readonly watch?: (store: Store, context: WatchContext) => () => void
  readonly by?: string
  readonly name?: string
}

export const goodRead = async (store: Store, signal: AbortSignal): Promise<Reading> => {
  signal.throwIfAborted()
  return store.reading()
}

export const listen = (store: Store, { changed }: WatchContext): (() => void) => {
  store.watchers.add(changed)
  return () => store.watchers.delete(changed)
}

export const recheck = (store: Store, { changed, lastStamp, recheckMs }: WatchContext): (() => void) => {
  const timer = setInterval(() => {
    if (!store.present || String(store.version) !== lastStamp()) changed()
  }, recheckMs).unref()
  return () => clearInterval(timer)
}

export const listenAndRecheck = (store: Store, context: WatchContext): (() => void) => {
  const closes = [listen(store, context), recheck(store, context)]
  return () => closes.forEach((close) => close())
}

export function sourceThat(difference: Difference): () => SourceFixture {
  const { read = goodRead, watch = listenAndRecheck, by = 'memory', name = 'memory' } = difference
  return () => {
    const store = new Store()
    const source: Source = {
      name,
      read: (signal) => read(store, signal),
      watch: (context) => ({ by, warnings: [], close: watch(store, context) }),
    }
    const change = (): void => {
      store.version++
      store.notify()
    }
    return {
      source,
      change,
      takeAway: () => {
        store.present = false
      },
      bringBack: () => {
        store.present = true
        change()
      },
    }
  }
}
